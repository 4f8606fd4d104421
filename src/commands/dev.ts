import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../cli/command.ts";
import { serveFunctions } from "../cli/dev/serve.ts";
import { stopping } from "../cli/shell/signals.ts";

/** Free on most machines: web servers and platforms often use 3000, 5000, 8000 and 8080. */
const PORT = 8787;

export default class Dev extends BaseCommand<undefined> {
	static override summary = "Run the project's functions on this machine, and restart them when they change";
	static override description =
		"Builds and runs the functions as a platform does, with the secrets of the environment. Needs no platform, no link and no access token. A function is restarted when one of its files changes, or a secret that it reads; each restart is one line that says why. If a new version does not build or start, the previous version still serves requests. The output of functions and their requests are printed. Automations do not run: 'coffer functions invoke NAME' runs a function once. Press Ctrl-C to stop.";
	static override examples = [
		"<%= config.bin %> dev",
		"<%= config.bin %> dev hello api/billing --port 3001",
		"<%= config.bin %> dev --environment preview --allow-net localhost:5432",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the functions to run; defaults to all" }),
	};
	static override flags = {
		environment: environmentFlag,
		port: Flags.integer({
			char: "p",
			description: "port on 127.0.0.1; 0 chooses a free port",
			helpValue: "N",
			min: 0,
			max: 65_535,
			default: PORT,
		}),
		"allow-net": Flags.string({
			description:
				"service that functions may reach, in addition to the public internet, such as a local database (repeatable)",
			helpValue: "HOST:PORT",
			multiple: true,
			multipleNonGreedy: true,
		}),
		"no-watch": Flags.boolean({ description: "do not restart functions when files or secrets change" }),
	};

	protected async execute(): Promise<undefined> {
		const { argv, flags } = await this.parse(Dev);
		using stop = stopping();
		const { "allow-net": allowNet = [], environment: name, port, "no-watch": isStill } = flags;
		await serveFunctions(
			{
				...{ allowNet, name, port },
				environment: this.environment,
				names: argv.map(String),
				watches: !isStill,
				signal: stop.signal,
			},
			this.terminal,
		);
	}

	protected render(): void {}
}
