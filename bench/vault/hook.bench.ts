/**
 * `coffer git check`, the pre-commit hook, over 5,000 staged files, compared with `git diff --cached --stat`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VaultMaker } from "../../test/vault/maker.ts";
import { type Bench, paired, ratioRow, timeProcess } from "../harness.ts";
import { sourceText } from "./source-text.ts";

const FILES = 5_000;
const SECRETS = 50;
/** The average size of a source file. */
const FILE_BYTES = 4_200;
const FILES_PER_FOLDER = 100;
/** Most of the time is git reading the objects one by one. The rest is the start of Node and the search. */
const RATIO_MAX = 8;

async function makeRepository(cwd: string, files: number): Promise<void> {
	await mkdir(cwd, { recursive: true });
	await timeProcess({ command: "git", args: ["init", "-q", "-b", "main"], cwd });
	const maker = new VaultMaker();
	for (let index = 0; index < SECRETS; index++)
		maker.set(`SECRET_${index}`, `sk_live_${index}_${sourceText(index, FILE_BYTES).slice(0, 40)}`);
	await writeFile(join(cwd, "coffer.vault"), maker.text);
	for (let index = 0; index < files; index++) {
		const folder = join(cwd, "src", String(Math.floor(index / FILES_PER_FOLDER)));
		await mkdir(folder, { recursive: true });
		await writeFile(join(folder, `file${index}.ts`), sourceText(index, FILE_BYTES));
	}
	await timeProcess({ command: "git", args: ["add", "--all"], cwd });
}

export const bench: Bench = {
	name: "the pre-commit hook",
	async run(context) {
		const cwd = join(context.folder, "hook");
		await makeRepository(cwd, context.smoke ? 100 : FILES);
		const env = {
			...process.env,
			XDG_STATE_HOME: join(context.folder, "state"),
			// The identity that the maker's vaults belong to.
			COFFER_IDENTITY: `coffer-identity-1.${Buffer.alloc(32, 1).toString("base64url")}`,
		};
		const subject = () =>
			timeProcess({ command: process.execPath, args: [context.program, "git", "check"], cwd, env });
		const peer = () => timeProcess({ command: "git", args: ["diff", "--cached", "--stat"], cwd });
		const figure = `git check, ${FILES.toLocaleString("en")} staged files, ${SECRETS} secrets`;
		return [
			ratioRow(figure, "git diff --cached --stat", RATIO_MAX, await paired(subject, peer, context.pairs(7))),
		];
	},
};
