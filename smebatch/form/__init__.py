"""The form: a workbook whose every answer is addressed by key, made from an edition and answers."""
