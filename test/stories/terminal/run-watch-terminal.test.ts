/** `coffer run --watch` in a real terminal: Ctrl-C reaches the command once, and the shell gets its status. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { Tmux } from "../../support/tmux.ts";
import { cleanEnvironment, newProject, type Project } from "../support/project.ts";

let project: Project;
beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "API_ID=12345678"]);
	writeFileSync(join(project.machine, ".bashrc"), "PS1='ready> '\n");
	mkdirSync(join(project.machine, "bin"));
	symlinkSync(PROGRAM, join(project.machine, "bin/coffer"));
});
afterAll(() => project?.[Symbol.asyncDispose]());

/** A command that says what it got, and leaves with a status of its own once it has heard a signal for a while. */
function command(atInterrupt: string): string {
	return `let heard = 0;
		process.on("SIGINT", () => { heard++; ${atInterrupt} });
		process.on("SIGTERM", () => { console.log("terminated"); process.exit(0); });
		setInterval(() => {}, 60_000);
		console.log("has " + process.env.API_ID.length + " in " + process.stdout.isTTY);`;
}

/** A terminal with a shell, in which `coffer run --watch` runs a script. */
async function watching(script: string): Promise<Tmux> {
	project.write("command.cjs", script);
	const { PATH, ...others } = cleanEnvironment();
	const variables = Object.entries(project.variables).filter(([, value]) => value !== undefined);
	const tmux = new Tmux({
		command: ["bash", "--noprofile", "--rcfile", "../.bashrc", "-i"],
		cwd: project.root,
		env: { ...others, ...Object.fromEntries(variables), PATH: `${project.machine}/bin:${PATH}` },
		columns: 120,
	});
	await tmux.until("ready> ");
	await tmux.keys("coffer run --watch -- node command.cjs; echo status=$?", "Enter");
	return tmux;
}

test("Ctrl-C ends the command with its own status, after a restart too, and leaves the terminal as it was", async () => {
	const bye = 'setImmediate(() => { console.log("heard " + heard); process.exit(7); });';
	await using tmux = await watching(command(bye));
	await tmux.until("has 8 in true");
	await project.ok(["secrets", "set", "API_ID=123456789"]);
	expect(await tmux.until("has 9 in true")).toContain("Restarting the command: API_ID changed.");
	await tmux.keys("C-c");
	const shown = await tmux.until("status=7");
	expect(shown).toContain("heard 1");
	expect(shown).not.toMatch(/terminated|Restarting|Error/);
	await tmux.keys("stty -a | tr ';' '\\n' | grep -c ' echo '; echo do''ne", "Enter");
	expect(await tmux.until("done")).toContain("1");
});

test("a command that goes on after Ctrl-C keeps running, restarts with a new value, and ends at the second Ctrl-C", async () => {
	const stay = 'console.log("heard " + heard); if (process.env.API_ID.length === 4) process.exit(0);';
	await using tmux = await watching(command(stay));
	await tmux.until("has ");
	await tmux.keys("C-c");
	await tmux.until("heard 1");
	await project.ok(["secrets", "set", "API_ID=1234"]);
	await tmux.until("terminated");
	await tmux.until("has 4 in true");
	await tmux.keys("C-c");
	expect(await tmux.until("status=0")).toContain("heard 1");
});
