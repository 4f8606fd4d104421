/**
 * The tables of docs/env-files.md, from the recorded answers of the readers: `node scripts/generate/env-files-page.mjs` writes
 * them into the page.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../fresh.mjs";

const PAGE = join(ROOT, "docs/env-files.md");
const START = "<!-- Written by scripts/generate/env-files-page.mjs. -->";
const END = "<!-- The end of what the script writes. -->";

/** How people call the readers, in the order of src/dotenv/dialects/all.ts. */
const TITLES = {
	dotenv: "dotenv",
	dotenvx: "dotenvx",
	node: "Node 24",
	node20: "Node 20",
	deno: "Deno",
	bun: "Bun",
	next: "Next",
	python: "python-dotenv",
	ruby: "Ruby's dotenv",
	godotenv: "godotenv",
	php: "phpdotenv",
	docker: "docker",
	compose: "compose",
	systemd: "systemd",
	bash: "bash",
	direnv: "direnv",
};

const read = (name) => JSON.parse(readFileSync(join(ROOT, "test/dotenv/dialects", name), "utf8"));

const code = (text) => `\`\` ${text.replaceAll("|", "\\|").replaceAll("\ufeff", "\\ufeff")} \`\``;

/** What a reader has, as a text for the table. */
function shown(pairs) {
	if (pairs === null) return "refuses the file";
	if (pairs.length === 0) return "nothing";
	return pairs
		.map(([name, value]) =>
			code(`${JSON.stringify(name).slice(1, -1)}=${JSON.stringify(value).slice(1, -1)}`),
		)
		.join(" ");
}

/** A row for each file that not all read alike: its text, and each answer with its readers. */
function rows(corpus, answers) {
	return Object.entries(corpus).flatMap(([title, text]) => {
		const sides = new Map();
		for (const [reader, name] of Object.entries(TITLES)) {
			const answer = shown(answers[reader].answers[title]);
			sides.set(answer, [...(sides.get(answer) ?? []), name]);
		}
		if (sides.size < 2) return [];
		const sorted = [...sides].sort(([, one], [, other]) => other.length - one.length);
		const cell = sorted.map(([answer, names]) => `${answer}: ${names.join(", ")}`).join("<br>");
		return [`| ${title.replaceAll("|", "\\|")} | ${code(JSON.stringify(text).slice(1, -1))} | ${cell} |`];
	});
}

/** The tables: the readers with their versions, and the files on which they do not agree. */
export function envFileTables() {
	const answers = read("answers.json");
	const live = new Set(["dotenv", "dotenvx", "node20", "deno", "next", "python", "ruby", "bash", "direnv"]);
	const readers = Object.entries(TITLES).map(
		([reader, title]) =>
			`| ${title} | \`${reader}\` | ${answers[reader].version} | ${live.has(reader) ? "runs in the tests" : "recorded"} |`,
	);
	return [
		"| reader | `--dialect` | version | how the rules are held |",
		"|---|---|---|---|",
		...readers,
		"",
		"| file | its text | what readers have of it |",
		"|---|---|---|",
		...rows(read("corpus.json"), answers),
	].join("\n");
}

/** The page with its tables written again. */
export function envFilesPage() {
	const page = readFileSync(PAGE, "utf8");
	const [before] = page.split(START);
	const after = page.slice(page.indexOf(END));
	return `${before}${START}\n\n${envFileTables()}\n\n${after}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
	writeFileSync(PAGE, envFilesPage());
