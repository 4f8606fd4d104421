import { Flags } from "@oclif/core";
import { canOpenBrowser, openBrowser } from "../cli/browser/open-browser.ts";
import { BaseCommand, environmentFlag, platformUrlFlag } from "../cli/command.ts";
import { platformAt } from "../cli/context/linking.ts";
import { readDesktop } from "../cli/shell/process-environment.ts";
import type { Terminal } from "../cli/shell/terminal.ts";

interface Opened {
	/** The address with the code. */
	readonly url: string;
	/** Milliseconds since 1970. */
	readonly expiresAtMs: number;
	/** Whether a browser was started. */
	readonly opened: boolean;
}

export default class Console extends BaseCommand<Opened> {
	static override summary = "Open the platform's web console in the browser";
	static override description =
		"The console shows which function reads which secret, what runs, figures of the last 24 hours, logs, and a change while it is rolled out. It never shows the value of a secret, because the platform does not send any.\n\nThe command gets a code with its access token. The code opens one session, within a minute, with the rights of the token, to read only. The session ends after 12 hours, or with the token. Without a display, over SSH, and with --no-open or --json, the command prints the address instead.";
	static override examples = [
		"<%= config.bin %> console",
		"<%= config.bin %> console --url https://coffer.example.com --no-open",
	];
	static override flags = {
		"no-open": Flags.boolean({ description: "print the address, and do not start a browser" }),
		url: platformUrlFlag,
		environment: environmentFlag,
	};

	protected async execute(): Promise<Opened> {
		const { flags } = await this.parse(Console);
		const remote = await platformAt(flags.url, flags.environment);
		const { expiresAtMs, path } = await remote.createConsoleCode();
		const url = new URL(path, remote.url).href;
		const { hasDisplay, isWsl } = readDesktop();
		const isWanted = !flags["no-open"] && !this.terminal.json && canOpenBrowser({ hasDisplay });
		if (!isWanted) return { url, expiresAtMs, opened: false };
		this.terminal.progress(`Opening ${new URL("/console/", url).href} in the browser …`);
		const opened = await openBrowser(url, isWsl);
		this.terminal.progress(undefined);
		return { url, expiresAtMs, opened };
	}

	protected render({ opened, url }: Opened, terminal: Terminal): void {
		if (opened) {
			terminal.line(`Opened ${new URL("/console/", url).href} in the browser.`);
			return;
		}
		terminal.line("Open this address in a browser within a minute. It works once:");
		terminal.line(`  ${url}`);
	}
}
