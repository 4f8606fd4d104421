/** A command on a pseudo-terminal of its own, and somebody who answers its questions. */
import { spawn } from "node:child_process";
import { PROGRAM } from "../../support/program.ts";
import { cleanEnvironment, type Project } from "./project.ts";

export interface Typed {
	/** What the terminal shows before the answer is typed. */
	readonly question: string;
	/** Enter is pressed behind it. */
	readonly answer: string;
}

/** Runs a command and types each answer when its question is there. @returns exit status and all that was shown */
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
