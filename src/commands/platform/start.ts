import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { systemKeychain } from "../../cli/context/open-project.ts";
import { storeFlags } from "../../cli/context/store-flags.ts";
import { requireOutOfGit } from "../../cli/plaintext/key-files.ts";
import { handOverSignal, stopping } from "../../cli/shell/signals.ts";
import { networkWallGap } from "../../cli/views/network-wall.ts";
import { cryptoReady } from "../../crypto.ts";
import { openPlatformIdentity } from "../../identity/platform-identity.ts";
import {
	defaultGateways,
	readPlatformConfig,
	readPlatformCredentials,
} from "../../platform/configuration/config.ts";
import { LIMIT_ROWS, limitsOf } from "../../platform/configuration/limits.ts";
import { readStorePassword } from "../../platform/configuration/store-access.ts";
import { openLog } from "../../platform/faults/log.ts";
import { hasPlatform, type Platform, startPlatform } from "../../platform/server.ts";

const address = (description: string, value: string) =>
	Flags.string({ description, default: value, helpValue: "HOST:PORT" });

/** A flag for each limit of the platform. */
const limitFlags = Object.fromEntries(
	LIMIT_ROWS.map(({ default: value, defaultWords, description, flag, min, unit }) => {
		const text = unit === undefined ? description : `${description}, in ${unit}`;
		const shown = defaultWords === undefined ? { default: value } : {};
		const help = defaultWords === undefined ? text : `${text}. Defaults to ${defaultWords}`;
		return [flag, Flags.integer({ description: help, min, helpValue: "N", ...shown })];
	}),
);

export default class PlatformStart extends BaseCommand<void> {
	static override needsConfig = true;
	static override summary = "Start a platform, the server that runs functions with their secrets";
	static override description =
		"A platform stores the encrypted secrets of linked environments, and builds, runs and redeploys functions. It runs until SIGINT or SIGTERM, then finishes requests in progress and exits with 0. During its start, it does not wait for functions that are starting. On SIGUSR2 it exits and leaves functions and gateways running: they go on serving, and the next platform with the same data directory and options takes them over. The same happens if it is killed.\n\nThe first start creates the platform's identity: in the file of --identity-file, or in the keychain. To use an existing identity, set COFFER_PLATFORM_IDENTITY or COFFER_PLATFORM_IDENTITY_FILE. The first start also prints an access token. A later start prints one only if no valid token is left that may administer the platform.\n\nThe platform writes its log to stderr, as JSON lines.";
	static override examples = [
		"<%= config.bin %> platform start",
		"<%= config.bin %> platform start --data /var/lib/coffer --identity-file /etc/coffer/identity",
		"<%= config.bin %> platform start --control 0.0.0.0:8081 --host coffer.example.com --tls-cert fullchain.pem --tls-key privkey.pem",
		"<%= config.bin %> platform start --store etcd://10.0.0.1,10.0.0.2,10.0.0.3 --store-ca ca.pem --store-cert coffer.pem --store-key coffer.key",
		"<%= config.bin %> platform start --listen 0.0.0.0:443 --gateway-tls-cert fullchain.pem --gateway-tls-key privkey.pem",
		"<%= config.bin %> platform start --listen 127.0.0.1:0 --control 127.0.0.1:0 --json",
	];
	static override flags = {
		data: Flags.string({
			description: "data directory; defaults to $XDG_DATA_HOME/coffer/platform",
			helpValue: "DIR",
		}),
		...storeFlags,
		"single-node": Flags.boolean({
			description: "be the only platform on a store in etcd. Only then do functions have Deno KV",
			default: false,
		}),
		"stale-after": Flags.integer({
			description:
				"how long a node serves functions while it does not reach etcd, in seconds. Defaults to 300",
			min: 15,
			helpValue: "N",
		}),
		advertise: Flags.string({
			description:
				"URL under which other nodes on the same store in etcd reach the control API of this one, for the logs of functions; port 0 stands for the port of --control. Defaults to the address of --control, unless that is loopback or stands for all addresses",
			helpValue: "URL",
		}),
		listen: address("address that serves functions; port 0 chooses a free port", "127.0.0.1:8080"),
		control: address("address of the control API; port 0 chooses a free port", "127.0.0.1:8081"),
		"identity-file": Flags.string({
			description:
				"file with the platform's identity, outside the data directory; created if it does not exist",
			helpValue: "FILE",
		}),
		"allow-net": Flags.string({
			description:
				"internal service that functions may reach, in addition to the public internet (repeatable)",
			helpValue: "HOST:PORT",
			multiple: true,
		}),
		...limitFlags,
		gateways: Flags.integer({
			description:
				"gateway processes, which pass requests to functions. Defaults to one for each two processors. 0 passes requests in the platform's own process, where a restart interrupts them",
			min: 0,
			helpValue: "N",
		}),
		"drain-delay": Flags.integer({
			description:
				"how long a platform that gets SIGTERM or SIGINT still takes requests, in seconds, while GET /readyz says 503: the time that a load balancer needs to notice. A second signal ends it at once",
			default: 0,
			min: 0,
			max: 600,
			helpValue: "N",
		}),
		host: Flags.string({
			description: "another host name of the control API (repeatable)",
			helpValue: "NAME",
			multiple: true,
		}),
		"gateway-tls-cert": Flags.string({
			description:
				"certificate chain (PEM) for TLS and HTTP/2 on the address that serves functions; reloaded when the file changes (repeatable, for several host names)",
			helpValue: "FILE",
			multiple: true,
		}),
		"gateway-tls-key": Flags.string({
			description: "private key (PEM) of the certificate (repeatable, in the same order)",
			helpValue: "FILE",
			multiple: true,
		}),
		"tls-cert": Flags.string({
			description: "certificate chain (PEM) for TLS on the control API; reloaded when the file changes",
			helpValue: "FILE",
		}),
		"tls-key": Flags.string({ description: "private key (PEM) of the certificate", helpValue: "FILE" }),
		"no-console": Flags.boolean({
			description: "do not serve the web console below /console on the address of the control API",
			default: false,
		}),
		"behind-tls-proxy": Flags.boolean({
			description:
				"allow the control API on other addresses than loopback without TLS, because a TLS proxy protects it",
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
			limits: limitsOf(flags),
			gateways: flags.gateways ?? defaultGateways(),
			behindTlsProxy: flags["behind-tls-proxy"],
			console: !flags["no-console"],
			drainDelay: flags["drain-delay"],
			tlsCert: flags["tls-cert"],
			tlsKey: flags["tls-key"],
			gatewayTlsCert: flags["gateway-tls-cert"],
			gatewayTlsKey: flags["gateway-tls-key"],
		});
		await cryptoReady;
		if (config.identityFile !== undefined) await requireOutOfGit(config.identityFile);
		const env = readPlatformCredentials();
		const storePassword = await readStorePassword(config.storeAccess, env);
		const { identity } = await openPlatformIdentity({
			identityFile: config.identityFile,
			env,
			keychain: systemKeychain(),
			dataDirectory: config.dataDirectory,
			hasPlatform: hasPlatform(config.dataDirectory),
		});
		const log = openLog();
		using interrupted = stopping(() => log.info("SIGHUP has no effect without a terminal"));
		const { signal } = interrupted;
		const platform = await startPlatform(config, { identity, storePassword, log, signal }).catch(
			(error: unknown) => {
				if (!signal.aborted) throw error;
			},
		);
		if (platform === undefined) return;
		this.#announce(platform);
		const handedOver = handOverSignal().then(() => true);
		const ended = new Promise<false>((resolve) => {
			if (interrupted.signal.aborted) resolve(false);
			else interrupted.signal.addEventListener("abort", () => resolve(false));
		});
		await ((await Promise.race([ended, handedOver])) ? platform.handOver() : platform.close());
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
			this.terminal.warn(
				"On this machine, builds of functions can read this user's files. To prevent that, install bubblewrap.",
			);
		}
		const gap = networkWallGap({ wall: network.isolation, missing: network.missing });
		if (gap !== undefined) this.terminal.warn(gap);
		if (firstToken !== undefined) {
			this.terminal.line(`  token      ${firstToken}`);
			this.terminal.line();
			this.terminal.line("The token allows everything on this platform. It is shown only once.");
		}
		this.terminal.line(`Next, in a project: coffer link ${controlUrl} --app APP`);
	}

	protected render(): void {}
}
