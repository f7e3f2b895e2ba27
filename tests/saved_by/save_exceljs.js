// node save_exceljs.js FOLDER FILE…: open each workbook in ExcelJS and save it in the folder, by its name.
const path = require("path");
const ExcelJS = require("exceljs");

async function main(folder, files) {
  for (const file of files) {
    const book = new ExcelJS.Workbook();
    await book.xlsx.readFile(file);
    await book.xlsx.writeFile(path.join(folder, path.basename(file)));
  }
}

const [folder, ...files] = process.argv.slice(2);
main(folder, files).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
