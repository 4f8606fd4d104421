/** Runs commands in the test's process, so that a test can add a kind of target to the list that they use. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Config } from "@oclif/core";
import { vi } from "vitest";
import type { BaseCommand } from "../../../src/cli/command.ts";
import { newIdentityText } from "../../stories/support/project.ts";
import { ROOT } from "../../support/root.ts";

export type CommandClass = new (argv: string[], config: Config) => BaseCommand<unknown>;

export interface CommandResult {
	readonly status: number;
	readonly stdout: string;
	readonly stderr: string;
}

/**
 * Restores the variables of this process's environment. The object stays the same, because other code refers
 * to it.
 */
function restoreEnvironment(variables: NodeJS.ProcessEnv): void {
	for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
	Object.assign(process.env, variables);
}

/** A simulated machine with an identity and an empty project folder. */
export class CommandLine implements Disposable {
	readonly machine = mkdtempSync(join(tmpdir(), "coffer-targets-"));
	readonly root = join(this.machine, "project");
	/** All output of the commands so far. */
	written = "";
	readonly #variables: Record<string, string | undefined>;

	/** @param variables further variables of the process environment; undefined removes one */
	constructor(variables: Readonly<Record<string, string | undefined>> = {}) {
		mkdirSync(this.root);
		this.#variables = {
			HOME: this.machine,
			XDG_STATE_HOME: join(this.machine, "state"),
			COFFER_IDENTITY: newIdentityText(),
			COFFER_ENVIRONMENT: undefined,
			DBUS_SESSION_BUS_ADDRESS: undefined,
			XDG_RUNTIME_DIR: undefined,
			...variables,
		};
	}

	/** Sets a variable for the following commands; undefined removes it. */
	set(name: string, value: string | undefined): void {
		this.#variables[name] = value;
	}

	read(path: string): string {
		return readFileSync(join(this.root, path), "utf8");
	}

	write(path: string, text: string): void {
		writeFileSync(join(this.root, path), text);
	}

	async run(Command: CommandClass, ...argv: string[]): Promise<CommandResult> {
		const [folder, variables] = [process.cwd(), { ...process.env }];
		const output = { stdout: "", stderr: "" };
		const spies = (["stdout", "stderr"] as const).map((name) =>
			vi.spyOn(process[name], "write").mockImplementation((chunk, encoding?: unknown, done?: unknown) => {
				output[name] += String(chunk);
				const callback = typeof encoding === "function" ? encoding : done;
				if (typeof callback === "function") callback();
				return true;
			}),
		);
		try {
			process.chdir(this.root);
			for (const [name, value] of Object.entries(this.#variables))
				if (value === undefined) delete process.env[name];
				else process.env[name] = value;
			const config = await Config.load({ root: ROOT, devPlugins: false, userPlugins: false });
			const status = (await new Command(argv, config).run()) as number;
			return { status, ...output };
		} finally {
			for (const spy of spies) spy.mockRestore();
			process.chdir(folder);
			restoreEnvironment(variables);
			this.written += output.stdout + output.stderr;
		}
	}

	/** The document of a command with `--json`: its result, or `{ error }` if it failed. */
	// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of a document.
	async json(Command: CommandClass, ...argv: string[]): Promise<any> {
		const { stdout, stderr } = await this.run(Command, ...argv, "--json");
		return { ...(stdout === "" ? {} : JSON.parse(stdout)), ...(stderr === "" ? {} : JSON.parse(stderr)) };
	}

	[Symbol.dispose](): void {
		rmSync(this.machine, { recursive: true, force: true });
	}
}
