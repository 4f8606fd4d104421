/** Runs commands from the hints of errors, as a user does who copies them from the terminal. */
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { commit } from "./clone.ts";
import { cleanEnvironment, newProject, type Project, type ProjectOptions } from "./project.ts";

const COMMAND = /(?:: |\()((?:coffer|git|rm|echo) .*?)(?=\)|\. |\.?$)/gm;

/** The commands in a hint, in its order, exactly as they are printed. */
export function commandsIn(hint: string): string[] {
	return [...hint.matchAll(COMMAND)].map(([, command = ""]) => command);
}

/**
 * Runs a line in a shell in the project's folder, where `coffer` is the program under test.
 * @param input what is typed on standard input
 * @throws Error with its output, if its exit status is not 0
 */
export async function runLine(project: Project, line: string, input?: string): Promise<string> {
	const bin = join(project.machine, "bin");
	mkdirSync(bin, { recursive: true });
	try {
		symlinkSync(PROGRAM, join(bin, "coffer"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
	const variables = Object.entries(project.variables).filter(([, value]) => value !== undefined);
	const env = { ...cleanEnvironment(), ...Object.fromEntries(variables) };
	return await new Promise<string>((resolve, reject) => {
		const options = { cwd: project.root, env: { ...env, PATH: `${bin}:${env["PATH"]}` } };
		const child = execFile("sh", ["-c", line], options, (error, stdout, stderr) =>
			error ? reject(new Error(`${line}\n${stdout}${stderr}`, { cause: error })) : resolve(stdout + stderr),
		);
		child.stdin?.end(input);
	});
}

/**
 * Runs one of the commands in a hint.
 * @param index which of them; the first by default
 */
export async function follow(project: Project, hint: string, index = 0, input?: string): Promise<string> {
	const command = commandsIn(hint)[index];
	if (command === undefined) throw new Error(`The hint names no such command: ${hint}`);
	return await runLine(project, command, input);
}

/** The error of a command, which must have this code. */
export async function refusal(project: Project, args: readonly string[], code: string): Promise<string> {
	const { status, stderr } = await project.kept([...args, "--json"]);
	const { error } = JSON.parse(stderr) as { error: { code: string; hint: string } };
	expect({ status, code: error.code }).toEqual({ status: 7, code });
	return error.hint;
}

/** A project in a repository, with one commit. */
export async function committed(options: ProjectOptions = {}): Promise<Project> {
	const project = await newProject(options);
	await project.git("init", "--quiet");
	await project.ok(["secrets", "set", "A=first", "B=1"]);
	await commit(project, "Start");
	return project;
}

export async function expectUsable(project: Project): Promise<void> {
	await project.ok(["secrets", "set", "USABLE=1"]);
	await project.ok(["vault", "verify"]);
}
