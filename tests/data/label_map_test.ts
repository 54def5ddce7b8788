import { labelMapText, mapLabels, readLabelPairs } from "@videoms/data";
import assert from "node:assert/strict";

const HEAD = ["run", "jump, high", "swim", "dive", "7"];

Deno.test("labels count for the classes of their names, in any order, and others for none", () => {
  const map = mapLabels(HEAD, ["swim", "run"]);
  assert.deepEqual(map, { to: [1, -1, 0, -1, -1], count: 2 });
  assert.equal(labelMapText(map), "5 labels onto 2 classes, 3 for none");
});

Deno.test("a file says what counts for what, by names and by numbers; several labels may be one class", async () => {
  const file = await Deno.makeTempFile({ suffix: ".csv" });
  await Deno.writeTextFile(
    file,
    'head,class,note\r\n"jump, high",land,\n2,water,\n3,1,a\n7,land,\n',
  );
  const pairs = await readLabelPairs(file);
  assert.deepEqual(mapLabels(HEAD, ["land", "water"], pairs), { to: [-1, 0, 1, 1, 0], count: 2 });
  await Deno.writeTextFile(file, "1,2\n");
  await assert.rejects(readLabelPairs(file), /CSV with a header, got no column head, class/);
  await Deno.remove(file);
  await assert.rejects(readLabelPairs(file), /Cannot read the label map .*: the file must exist/);
});

Deno.test("what is not known, there twice or left out is counted and named", () => {
  const pair = (head: string, of: string) => ({ head, class: of });
  const of = (...pairs: { head: string; class: string }[]) => () =>
    mapLabels(HEAD, ["land", "water"], pairs);
  assert.throws(
    of(pair("fly", "land"), pair("5", "land"), pair("swim", "water")),
    /^RangeError: Cannot map labels: labels must be among the 5 of the head, got 2 of 3: "fly", "5"$/,
  );
  assert.throws(
    of(pair("run", "air"), pair("swim", "water")),
    /classes must be among the 2 of the list, got 1 of 2: "air"$/,
  );
  assert.throws(
    of(pair("run", "land"), pair("0", "water")),
    /a label must count for one class alone, got 1 of 2: "0"$/,
  );
  assert.throws(
    of(pair("run", "land")),
    /every class must have a label of the head, got 1 of 2: "water" without one; a label map/,
  );
  assert.throws(
    () => mapLabels(HEAD, ["run", "Swim", "fly"]),
    /got 2 of 3: "Swim", "fly" without one/,
  );
  assert.throws(() => mapLabels(["0", "1"], ["a"]), /labels of the head must have names/);
  assert.throws(() => mapLabels(["a", "b"], ["0"]), /the classes must have names/);
});
