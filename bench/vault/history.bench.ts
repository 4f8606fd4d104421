/** `secrets history` in a repository of 1,000 commits of the vault, compared with `git log -p` of the file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VaultMaker } from "../../test/vault/maker.ts";
import { type Bench, type BenchContext, paired, type Row, ratioRow, timeProcess } from "../harness.ts";

const COMMITS = 1_000;
/** In a small vault most of the time is the command's start, so there is no target. */
const SIZES = [
	{ secrets: 20, ratioMax: Number.POSITIVE_INFINITY },
	{ secrets: 1_000, ratioMax: 4 },
] as const;

/** Passes commits to `git fast-import`, each with one changed secret. @returns the last text */
async function makeHistory(folder: string, secrets: number, commits: number): Promise<string> {
	const importer = spawn("git", ["fast-import", "--quiet"], {
		cwd: folder,
		stdio: ["pipe", "ignore", "inherit"],
	});
	const maker = new VaultMaker();
	for (let index = 0; index < secrets; index++) maker.set(`SECRET_${index}`, "value");
	for (let commit = 0; commit < commits; commit++) {
		maker.set(`SECRET_${commit % secrets}`, `value ${commit}`);
		const { text } = maker;
		const head = `commit refs/heads/main\ncommitter bench <b@x> ${1_700_000_000 + commit} +0000\ndata 0\n`;
		const file = `M 100644 inline coffer.vault\ndata ${text.length}\n${text}\n`;
		if (!importer.stdin.write(head + file)) await once(importer.stdin, "drain");
	}
	importer.stdin.end();
	await once(importer, "close");
	return maker.text;
}

async function measure(context: BenchContext, secrets: number, ratioMax: number): Promise<Row> {
	const cwd = join(context.folder, `history-${secrets}`);
	await mkdir(cwd);
	await timeProcess({ command: "git", args: ["init", "-q", "-b", "main"], cwd });
	const commits = context.smoke ? 2 : COMMITS;
	await writeFile(join(cwd, "coffer.vault"), await makeHistory(cwd, secrets, commits));
	const env = {
		...process.env,
		XDG_STATE_HOME: join(context.folder, "state"),
		// The identity that the maker's vaults belong to.
		COFFER_IDENTITY: `coffer-identity-1.${Buffer.alloc(32, 1).toString("base64url")}`,
	};
	const script = context.program;
	const subject = () =>
		timeProcess({ command: process.execPath, args: [script, "secrets", "history", "SECRET_5"], cwd, env });
	const floor = () =>
		timeProcess({ command: "git", args: ["log", "-p", "--format=%H", "--", "coffer.vault"], cwd });
	const result = await paired(subject, floor, context.pairs(7));
	const figure = `secrets history, ${COMMITS.toLocaleString("en")} commits, ${secrets.toLocaleString("en")} secrets`;
	const row = ratioRow(figure, "git log -p", ratioMax, result);
	return Number.isFinite(ratioMax) ? row : { ...row, target: "shown" };
}

export const bench: Bench = {
	name: "a secret's history in a long repository",
	async run(context) {
		const rows: Row[] = [];
		for (const { secrets, ratioMax } of context.smoke ? SIZES.slice(0, 1) : SIZES)
			rows.push(await measure(context, secrets, ratioMax));
		return rows;
	},
};
