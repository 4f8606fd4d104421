import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { systemKeychain } from "../../cli/context/open-project.ts";
import { requireOutOfGit } from "../../cli/plaintext/key-files.ts";
import { interruption } from "../../cli/shell/signals.ts";
import { networkWallGap } from "../../cli/views/network-wall.ts";
import { cryptoReady } from "../../crypto.ts";
import { openPlatformIdentity } from "../../identity/platform-identity.ts";
import {
	DEFAULT_MAXIMA,
	type Maxima,
	readPlatformConfig,
	readPlatformCredentials,
} from "../../platform/configuration/config.ts";
import { openLog } from "../../platform/faults/log.ts";
import { type Platform, startPlatform } from "../../platform/server.ts";

const address = (description: string, value: string) =>
	Flags.string({ description, default: value, helpValue: "HOST:PORT" });

const most = (description: string, key: keyof Maxima) =>
	Flags.integer({ description, default: DEFAULT_MAXIMA[key], min: 1, helpValue: "N" });

export default class PlatformStart extends BaseCommand<void> {
	static override summary = "Start a platform: it keeps the log, builds, runs and redeploys functions";
	static override description =
		"Runs until SIGINT or SIGTERM, finishes what is in flight, and exits 0. At the first start, and whenever no valid token is left that may administer it, it prints an access token, once. Its identity is made on the first start, in the file of --identity-file or in the keychain; COFFER_PLATFORM_IDENTITY or COFFER_PLATFORM_IDENTITY_FILE bring one of elsewhere. The log goes to stderr, as JSON lines.";
	static override examples = [
		"<%= config.bin %> platform start",
		"<%= config.bin %> platform start --data /var/lib/coffer --identity-file /etc/coffer/identity",
		"<%= config.bin %> platform start --control 0.0.0.0:8081 --host coffer.example.com --tls-cert fullchain.pem --tls-key privkey.pem",
		"<%= config.bin %> platform start --listen 127.0.0.1:0 --control 127.0.0.1:0 --json",
	];
	static override flags = {
		data: Flags.string({
			description: "data directory; $XDG_DATA_HOME/coffer/platform if left out",
			helpValue: "DIR",
		}),
		store: Flags.string({
			description: "where the log is kept; in the data directory if left out",
			helpValue: "URL",
		}),
		listen: address("where functions are served; port 0 picks a free one", "127.0.0.1:8080"),
		control: address("where the control API listens; port 0 picks a free one", "127.0.0.1:8081"),
		"identity-file": Flags.string({
			description: "file of the platform's identity, outside the data directory; made where it is missing",
			helpValue: "FILE",
		}),
		"allow-net": Flags.string({
			description: "internal service that functions may reach, besides the public internet (repeatable)",
			helpValue: "HOST:PORT",
			multiple: true,
		}),
		"max-memory": most("memory of one function that a function.jsonc may ask for, in MB", "memoryMB"),
		"max-timeout": most("time until a response that it may ask for, in seconds", "timeoutSeconds"),
		"max-body": most("size of a request's body that it may ask for, in MB", "maxBodyMB"),
		"max-processes": Flags.integer({
			description:
				"functions that run at once; past that, the least recently called stops. One for each 128 MiB of memory if left out",
			min: 1,
			helpValue: "N",
		}),
		"spare-processes": Flags.integer({
			description:
				"processes that wait ready-made for functions, some 50 MiB each, so that starts and changes take little time; 2 if left out",
			min: 0,
			helpValue: "N",
		}),
		host: Flags.string({
			description: "further host name by which the control API is reached (repeatable)",
			helpValue: "NAME",
			multiple: true,
		}),
		"tls-cert": Flags.string({
			description: "certificate chain (PEM) with which the control API speaks TLS; read anew when it changes",
			helpValue: "FILE",
		}),
		"tls-key": Flags.string({ description: "private key (PEM) of the certificate", helpValue: "FILE" }),
		"behind-tls-proxy": Flags.boolean({
			description: "a proxy that speaks TLS stands before the control API, so it may leave loopback",
			default: false,
		}),
	};

	protected async execute(): Promise<void> {
		const { flags } = await this.parse(PlatformStart);
		const config = readPlatformConfig({
			...flags,
			version: this.config.version,
			identityFile: flags["identity-file"],
			allowNet: flags["allow-net"] ?? [],
			hostNames: flags.host ?? [],
			maxima: {
				memoryMB: flags["max-memory"],
				timeoutSeconds: flags["max-timeout"],
				maxBodyMB: flags["max-body"],
			},
			processesMax: flags["max-processes"],
			spares: flags["spare-processes"],
			behindTlsProxy: flags["behind-tls-proxy"],
			tlsCert: flags["tls-cert"],
			tlsKey: flags["tls-key"],
		});
		await cryptoReady;
		if (config.identityFile !== undefined) await requireOutOfGit(config.identityFile);
		const { identity } = await openPlatformIdentity({
			identityFile: config.identityFile,
			env: readPlatformCredentials(),
			keychain: systemKeychain(),
			dataDirectory: config.dataDirectory,
		});
		using interrupted = interruption();
		const platform = await startPlatform(config, { identity, log: openLog() });
		this.#announce(platform);
		await new Promise<void>((resolve) => {
			if (interrupted.signal.aborted) resolve();
			else interrupted.signal.addEventListener("abort", () => resolve());
		});
		await platform.close();
	}

	#announce({ buildSandbox, controlUrl, firstToken, listenUrl, network }: Platform): void {
		if (this.terminal.json) {
			this.terminal.document({ listen: listenUrl, control: controlUrl, token: firstToken });
			return;
		}
		this.terminal.line("The platform is ready.");
		this.terminal.line(`  functions  ${listenUrl}`);
		this.terminal.line(`  control    ${controlUrl}`);
		if (buildSandbox === "none") {
			this.terminal.warn("Nothing keeps builds from reading this user's files here; install bubblewrap.");
		}
		const gap = networkWallGap(network);
		if (gap !== undefined) this.terminal.warn(gap);
		if (firstToken !== undefined) {
			this.terminal.line(`  token      ${firstToken}`);
			this.terminal.line();
			this.terminal.line("The token is shown this once; it may do everything here.");
		}
		this.terminal.line(`Next, in a project: coffer link ${controlUrl} --app APP`);
	}

	protected render(): void {}
}
