// java SavePoi.java FOLDER FILE…: open each workbook in Apache POI and save it in the folder, by its name.

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;

class SavePoi {
    public static void main(String[] args) throws Exception {
        for (int i = 1; i < args.length; i++) {
            Path file = Path.of(args[i]);
            try (var in = Files.newInputStream(file);
                    var book = new XSSFWorkbook(in);
                    var out = Files.newOutputStream(Path.of(args[0]).resolve(file.getFileName()))) {
                book.write(out);
            }
        }
    }
}
