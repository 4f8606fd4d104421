/**
 * `coffer scan` over 100 MB of sources, for 10, 100 and 1,000 secrets, compared with a program that only reads the same
 * files, and with `grep -F -f`, which searches for the raw values alone.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VaultMaker } from "../../test/vault/maker.ts";
import { amountRow, type Bench, type BenchContext, paired, type Row, timeProcess } from "../harness.ts";
import { numbers, sourceText } from "./source-text.ts";

const FILES = 10_000;
const FILE_BYTES = 10_000;
const FILES_PER_FOLDER = 100;
const SECRETS = [10, 100, 1_000];
const LIMIT_MS = 3_000;

function secretValue(index: number): string {
	const random = numbers(index + 7);
	return `sk_live_${Array.from({ length: 5 }, () => random.next().value.toString(36)).join("")}`;
}

async function makeFiles(folder: string, files: number): Promise<void> {
	for (let index = 0; index < files; index++) {
		const below = join(folder, String(Math.floor(index / FILES_PER_FOLDER)));
		if (index % FILES_PER_FOLDER === 0) await mkdir(below, { recursive: true });
		await writeFile(join(below, `file${index}.ts`), sourceText(index, FILE_BYTES));
	}
}

/** A program of Node that reads every file below `src`. */
const READ_ALL = `const fs = require("node:fs");
for (const path of fs.readdirSync("src", { recursive: true })) {
	const whole = "src/" + path;
	if (fs.statSync(whole).isFile()) fs.readFileSync(whole);
}`;

async function measure({ pairs, program }: BenchContext, cwd: string, secrets: number): Promise<Row[]> {
	const maker = new VaultMaker();
	const values = Array.from({ length: secrets }, (_, index) => secretValue(index));
	for (const [index, value] of values.entries()) maker.set(`SECRET_${index}`, value);
	await writeFile(join(cwd, "coffer.vault"), maker.text);
	await writeFile(join(cwd, "..", "values"), `${values.join("\n")}\n`);
	const env = {
		...process.env,
		XDG_STATE_HOME: join(cwd, "..", "state"),
		// The identity that the maker's vaults belong to.
		COFFER_IDENTITY: `coffer-identity-1.${Buffer.alloc(32, 1).toString("base64url")}`,
	};
	const timed = (command: string, args: readonly string[]) => () => timeProcess({ command, args, cwd, env });
	const scan = (...args: readonly string[]) => timed(process.execPath, [program, "scan", ...args]);
	const read = timed(process.execPath, ["-e", READ_ALL]);
	const grep = timed("sh", ["-c", "grep -rF -f ../values src; [ $? = 1 ]"]);
	const objects = timed("sh", ["-c", "git cat-file --batch-all-objects --batch >/dev/null"]);
	const figure = (what: string) => `${what}, 100 MB, ${secrets.toLocaleString("en")} secrets`;
	const rows = [
		amountRow(figure("scan"), LIMIT_MS, "reading the files in Node", await paired(scan(), read, pairs(5))),
		amountRow(figure("scan"), LIMIT_MS, "grep -rF -f, raw values only", await paired(scan(), grep, pairs(5))),
	];
	if (secrets !== SECRETS[1]) return rows;
	const history = await paired(scan("--history"), objects, pairs(5));
	return [...rows, amountRow(figure("scan --history"), 2 * LIMIT_MS, "git cat-file of all objects", history)];
}

export const bench: Bench = {
	name: "scan",
	async run(context) {
		const cwd = join(context.folder, "project");
		await makeFiles(join(cwd, "src"), context.smoke ? 100 : FILES);
		await timeProcess({ command: "git", args: ["init", "-q", "-b", "main"], cwd });
		const author = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
		await timeProcess({ command: "git", args: ["add", "--all"], cwd });
		await timeProcess({ command: "git", args: [...author, "commit", "-q", "-m", "Sources"], cwd });
		const rows: Row[] = [];
		for (const secrets of SECRETS) rows.push(...(await measure(context, cwd, secrets)));
		return rows;
	},
};
