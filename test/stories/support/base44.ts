/** A project as the Base44 CLI creates it, and the unmodified CLI. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { BASE44_CLI, BASE44_COMPILED } from "../../../scripts/set-up/base44-cli.mjs";
import type { Result, Running } from "./process.ts";
import { Project } from "./project.ts";
import { wasStarted } from "./started-commands.ts";

export const BASE44_APP = "66f2a1b3c4d5e6f708192a3b";

export class Base44Project extends Project {
	constructor(files: Readonly<Record<string, string>>) {
		super({ identity: "none" });
		this.writeAll({
			"base44/config.jsonc": '{ "name": "Story" }',
			"base44/.app.jsonc": `{ "id": "${BASE44_APP}" }`,
			...files,
		});
	}

	/** Points the CLI at a platform. */
	use(platform: { readonly control: string }, token: string): void {
		Object.assign(this.variables, {
			BASE44_API_URL: platform.control,
			BASE44_API_KEY: token,
			BASE44_DISABLE_TELEMETRY: "1",
			// The CLI asks the registry for a newer version of itself at each command.
			BASE44_CLI_TEST_OVERRIDES: '{"latestVersion":null}',
		});
	}

	/**
	 * Starts a command of the Base44 CLI. The first call in a test file runs the package as it is, later calls run its
	 * bundle with compiled code.
	 */
	follow(args: readonly string[]): Running {
		const program = wasStarted(["base-cli"]) ? BASE44_COMPILED : BASE44_CLI;
		return this.start(args, { program });
	}

	/** Runs a command of the Base44 CLI. */
	async base44(args: readonly string[]): Promise<Result> {
		return await this.follow(args).ended;
	}

	/**
	 * Runs a command of the Base44 CLI that must succeed.
	 * @throws Error with its output
	 */
	async base44Ok(args: readonly string[]): Promise<string> {
		const { status, stdout, stderr } = await this.base44(args);
		if (status === 0) return stdout + stderr;
		throw new Error(`base44 ${args.join(" ").slice(0, 40)}: exit ${status}\n${stdout}${stderr}`);
	}

	/** Removes a folder of the project. */
	remove(path: string): void {
		rmSync(join(this.root, path), { recursive: true });
	}
}
