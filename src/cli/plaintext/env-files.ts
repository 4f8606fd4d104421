/**
 * What a command says of `.env` files that git would take into a commit.
 */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { printable } from "../../printable.ts";
import { currentFolder, findRoot } from "../../project/files/project-root.ts";
import { gitStanding, ignore, ignoreLine, isPlainFile } from "../../project/git/ignored.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";
import { promptConfirm } from "../shell/prompts.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A word for a shell, as a person would write it. */
function word(text: string): string {
	return /^[A-Za-z0-9_./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path as it is reached from here. */
function fromHere(path: string): string {
	return relative(currentFolder(), path) || path;
}

async function adviseOn(path: string, terminal: Terminal): Promise<void> {
	const variables = inheritedEnvironment();
	const standing = await gitStanding(path, variables);
	const shown = printable(path, 200);
	if (standing === "tracked") {
		terminal.warn(
			`${shown} holds values in the clear, and git tracks it. Take it out of the next commit: git rm --cached ${word(shown)}. What was pushed is known: set new values.`,
		);
		return;
	}
	if (standing !== "open") return;
	const line = ignoreLine(path, findRoot(currentFolder()) ?? currentFolder());
	const what = `${shown} holds values in the clear, and git does not ignore it.`;
	const command = `echo ${word(line.line)} >> ${word(fromHere(line.file))}`;
	if (!terminal.interactive) {
		terminal.warn(`${what} Have it ignored: ${command}`);
		return;
	}
	const file = printable(fromHere(line.file), 200);
	if (!(await promptConfirm(terminal, `${what} Add it to ${file}?`, command))) return;
	const done = await ignore(path, line, variables);
	if (done) terminal.note(`Added ${printable(line.line, 200)} to ${file}.`);
	else terminal.warn(`A line of a .gitignore takes ${shown} back in: git check-ignore -v ${word(shown)}`);
}

/**
 * Says so where git does not ignore a `.env` file that was read, and offers to add it to `.gitignore`; where nobody can
 * be asked, the command for it.
 */
export async function adviseOnEnvFile(path: string, terminal: Terminal): Promise<void> {
	if (isPlainFile(path)) await adviseOn(path, terminal);
}

/** Samples hold no values: that is what they are committed for. */
const SAMPLE = /\.(example|sample|template|dist|defaults|schema)(\.|$)/;

/** As `adviseOnEnvFile`, of each `.env` file in a folder. */
export async function adviseOnEnvFilesIn(folder: string, terminal: Terminal): Promise<void> {
	const names = readdirSync(folder).filter((name) => /^\.env(\.|$)/.test(name) && !SAMPLE.test(name));
	for (const name of names.sort()) {
		const path = join(folder, name);
		await adviseOnEnvFile(fromHere(path), terminal);
	}
}
