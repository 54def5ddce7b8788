import assert from "node:assert/strict";
import { parseCsv } from "../../data/annotations/csv.ts";

Deno.test("CSV: quotes, doubled quotes, line breaks in quotes, blank lines; errors name the line", () => {
  const text = '\uFEFFlabel,id\r\n"a, ""b""\nc",1\r\n\r\n"",2\r\n';
  const options = { file: "x.csv", columns: ["id", "label"] } as const;
  assert.deepEqual(
    parseCsv(text, options).map(({ line, values }) => [line, values.label, values.id]),
    [[3, 'a, "b"\nc', "1"], [5, "", "2"]],
  );
  const broken: [string, RegExp][] = [
    ["label,id\n1,2\n3\n", /x\.csv: it must be CSV with a header, got .*line 3/],
    ['label,id\n1,"2\n', /Quote Not Closed.*line 2/],
    ["label\n1\n", /no column id in the header "label"/],
    ["", /an empty file/],
  ];
  for (const [content, message] of broken) {
    assert.throws(() => parseCsv(content, options), { name: "SyntaxError", message });
  }
});
