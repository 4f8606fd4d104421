/** Warns about `.env` files that git would commit, and offers to ignore them. */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { printable, shellWord } from "../../printable.ts";
import { currentFolder, findRoot } from "../../project/files/project-root.ts";
import {
	appendCommand,
	ignore,
	ignoreLine,
	isPlainFile,
	readGitFileState,
} from "../../project/git/ignored.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";
import { promptConfirm } from "../shell/prompts.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A path, relative to the working folder. */
function relativePath(path: string): string {
	return relative(currentFolder(), path) || path;
}

async function adviseOn(path: string, terminal: Terminal): Promise<void> {
	const variables = inheritedEnvironment();
	const state = await readGitFileState(path, variables);
	const shown = printable(path, 200);
	if (state === "tracked") {
		terminal.warn(
			`${shown} contains unencrypted values, and git tracks it. To remove it from the next commit: git rm --cached ${shellWord(shown)}. Replace values that were already pushed.`,
		);
		return;
	}
	if (state !== "open") return;
	const line = ignoreLine(path, findRoot(currentFolder()) ?? currentFolder());
	const problem = `${shown} contains unencrypted values, and git does not ignore it.`;
	const command = appendCommand(line.line, line.file, relativePath(line.file));
	if (!terminal.interactive) {
		terminal.warn(`${problem} To ignore it: ${command}`);
		return;
	}
	const file = printable(relativePath(line.file), 200);
	if (!(await promptConfirm(terminal, `${problem} Add it to ${file}?`, command))) return;
	const isIgnored = await ignore(path, line, variables);
	if (isIgnored) terminal.note(`Added ${printable(line.line, 200)} to ${file}.`);
	else
		terminal.warn(
			`Git still does not ignore ${shown}, because of another line in a .gitignore. To find it: git check-ignore -v ${shellWord(shown)}`,
		);
}

/**
 * Warns if git does not ignore a `.env` file. On a terminal, it offers to add the file to `.gitignore`;
 * otherwise it prints the command.
 */
export async function adviseOnEnvFile(path: string, terminal: Terminal): Promise<void> {
	if (isPlainFile(path)) await adviseOn(path, terminal);
}

/** Sample files contain no real values. Projects commit them on purpose. */
const SAMPLE = /\.(example|sample|template|dist|defaults|schema)(\.|$)/;

/** Whether a name is that of a `.env` file with values, and not of a sample. */
export function isEnvFile(name: string): boolean {
	return /^\.env(\.|$)/.test(name) && !SAMPLE.test(name);
}

/** Calls `adviseOnEnvFile` for each `.env` file in a folder. */
export async function adviseOnEnvFilesIn(folder: string, terminal: Terminal): Promise<void> {
	const names = readdirSync(folder).filter(isEnvFile);
	for (const name of names.sort()) {
		const path = join(folder, name);
		await adviseOnEnvFile(relativePath(path), terminal);
	}
}
