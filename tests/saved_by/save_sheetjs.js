// node save_sheetjs.js FOLDER FILE…: open each workbook in SheetJS and save it in the folder, by its name.
// It is asked to keep what it can of the look, or dates would become bare numbers.
const path = require("path");
const XLSX = require("xlsx");

const [folder, ...files] = process.argv.slice(2);
for (const file of files) {
  XLSX.writeFile(XLSX.readFile(file, { cellStyles: true }), path.join(folder, path.basename(file)));
}
