/** Runs a command on its own pseudo-terminal, and types answers to its questions. */
import { spawn } from "node:child_process";
import { PROGRAM } from "../../support/program.ts";
import { cleanEnvironment, type Project } from "./project.ts";

export interface Typed {
	/** The text on the terminal after which the answer is typed. */
	readonly question: string;
	/** Enter is pressed after it. */
	readonly answer: string;
}

/**
 * Runs a command and types each answer once its question is shown.
 * @returns the exit status and the whole output
 */
export async function onTerminal(
	project: Project,
	args: readonly string[],
	answers: readonly Typed[],
): Promise<{ status: number | null; shown: string }> {
	const variables = Object.entries(project.variables).filter(([, value]) => value !== undefined);
	const command = `stty cols 200 rows 24; exec ${[PROGRAM, ...args].map((word) => `'${word}'`).join(" ")}`;
	const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
		cwd: project.root,
		env: { ...cleanEnvironment(), ...Object.fromEntries(variables), TERM: "xterm" },
	});
	const waiting = [...answers];
	let shown = "";
	let answered = 0;
	child.stdout.on("data", (chunk) => {
		shown += chunk;
		const next = waiting[0];
		const at = next ? shown.indexOf(next.question, answered) : -1;
		if (!next || at < 0) return;
		waiting.shift();
		answered = at + next.question.length;
		child.stdin.write(`${next.answer}\r`);
	});
	const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
	return { status, shown };
}
