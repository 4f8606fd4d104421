/**
 * The driver with network namespaces. Each process has a network whose only interface leads to the egress proxy, and
 * a view of the file system in which the folders that it may write to have a maximum size. It serves platforms that
 * are root on Linux.
 */
import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { lstat, mkdir, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Addresses, functionAddresses, loopbackAliases } from "../addressing.ts";
import { parseAllowNet } from "../allow-net.ts";
import type { Network, NetworkAttachment, NetworkClient } from "../network.ts";
import { ProxyProcess, type ProxyProcessOptions } from "../proxy/proxy-process.ts";
import {
	enterCommand,
	HOSTS,
	maskable,
	mountTable,
	type NamespaceEntry,
	RESOLV_CONF,
} from "./enter-command.ts";
import { ProxyNamespace } from "./proxy-namespace.ts";
import type { Tools } from "./tools.ts";

/** The maximum size of a function's temporary folder. */
const TEMPORARY_BYTES = 256 * 1024 * 1024;
const PROBE_MS = 60_000;

const run = promisify(execFile);

export interface NamespaceDriverOptions
	extends Pick<ProxyProcessOptions, "allowNet" | "deno" | "socketOpenerPath" | "program" | "user"> {
	readonly tools: Tools;
	/** The driver's own folder. It exists. */
	readonly directory: string;
	/** Files and folders that functions need. Folders that contain one of them are not masked. */
	readonly needed: readonly string[];
	readonly hasV6: boolean;
	/** Called when the proxy or its namespace fails. Both are created anew for the next process. */
	readonly onFailed: (what: string) => void;
}

/** The part of an entry that is the same for all processes. */
type SharedEntry = Pick<
	NamespaceEntry,
	"masked" | "proxyResolvConf" | "replaced" | "resolvConf" | "aliases" | "tools"
>;

/** The namespace that functions connect to, and the proxy in it. */
interface ProxySide {
	readonly namespace: ProxyNamespace;
	readonly proxy: ProxyProcess;
}

/** A process that has a network. */
interface AttachedProcess {
	readonly attachment: NetworkAttachment;
	readonly side: ProxySide;
}

async function sharedEntryOf({
	allowNet,
	directory,
	needed,
	tools,
}: NamespaceDriverOptions): Promise<SharedEntry> {
	const proxyResolvConf = join(directory, "resolv.conf");
	await writeFile(proxyResolvConf, RESOLV_CONF, { mode: 0o644 });
	const resolvConf = await realpath("/etc/resolv.conf").catch(() => undefined);
	const hosts = join(directory, "hosts");
	await writeFile(hosts, HOSTS, { mode: 0o644 });
	const replaced = new Map(existsSync("/etc/hosts") ? [["/etc/hosts", hosts] as const] : []);
	const folders = maskable(needed);
	const stats = await Promise.all(folders.map((folder) => lstat(folder).catch(() => undefined)));
	const masked = folders.filter((_, index) => stats[index]?.isDirectory());
	return {
		masked,
		proxyResolvConf,
		replaced,
		resolvConf,
		aliases: loopbackAliases(parseAllowNet(allowNet)),
		tools,
	};
}

function sentence(what: string, count: number): string {
	const repeats = count > 1 ? ` This happened ${count} times since the last report.` : "";
	return `Refused by the platform: ${what}.${repeats}`;
}

class NamespaceDriver implements Network {
	readonly isolation = "namespace";
	readonly missing: readonly string[] = [];
	readonly #options: NamespaceDriverOptions;
	readonly #shared: SharedEntry;
	/** The processes by their IPv4 addresses. */
	readonly #attached = new Map<string, AttachedProcess>();
	/** The sides that failed. The proxy and the namespace each report a failure, and only the first report is used. */
	readonly #failedSides = new WeakSet<ProxySide>();
	#side: Promise<ProxySide> | undefined;
	#next = 0;
	#isClosed = false;

	constructor(options: NamespaceDriverOptions, shared: SharedEntry) {
		this.#options = options;
		this.#shared = shared;
	}

	async attach({ network, temporary, user }: NetworkClient): Promise<NetworkAttachment> {
		const side = await this.#proxySide();
		const [index, addresses] = this.#nextFreeIndex();
		await side.proxy.admit(addresses, network);
		const writable = new Map([[temporary, TEMPORARY_BYTES]]);
		const holder = side.namespace.pid;
		const mounts = join(this.#options.directory, `mounts-${index}`);
		writeFileSync(mounts, mountTable({ ...this.#shared, user, writable }), { mode: 0o600 });
		const entry = { ...this.#shared, addresses, holder, index, mounts, temporary, user, writable };
		const [address] = addresses;
		const attachment: NetworkAttachment = {
			commandPrefix: enterCommand(entry),
			startsAsRoot: true,
			hasBoundedTemporary: true,
			onRefused: () => {},
			onNetworkFailed: () => {},
			detach: () => {
				if (!this.#attached.delete(address)) return;
				side.proxy.dismiss(addresses);
				rmSync(mounts, { force: true });
			},
		};
		this.#attached.set(address, { attachment, side });
		return attachment;
	}

	/** Runs `/bin/true` in a network like a function's. @throws Error with the standard error if that fails */
	async probe(): Promise<void> {
		const temporary = join(this.#options.directory, "probe");
		await mkdir(temporary, { recursive: true });
		const attachment = await this.attach({ network: [], temporary, user: undefined });
		try {
			await run(attachment.commandPrefix[0] ?? "", [...attachment.commandPrefix.slice(1), "/bin/true"], {
				cwd: "/",
				env: {},
				timeout: PROBE_MS,
			});
		} catch (error) {
			const { stderr = "" } = error as { stderr?: string };
			throw new Error(stderr.trim() || "a test program in a network namespace did not exit in time", {
				cause: error,
			});
		} finally {
			attachment.detach();
		}
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		const side = await this.#side?.catch(() => undefined);
		await Promise.all([side?.proxy.close(), side?.namespace.close()]);
	}

	/** The next addresses that are free. Addresses repeat after some time, so those in use are skipped. */
	#nextFreeIndex(): [number, Addresses] {
		for (;;) {
			const index = this.#next++;
			const addresses = functionAddresses(index, this.#options.hasV6);
			if (!this.#attached.has(addresses[0])) return [index, addresses];
		}
	}

	/** The side that all processes share. If it failed, the next process opens a new one. */
	#proxySide(): Promise<ProxySide> {
		if (this.#isClosed) return Promise.reject(new Error("The network is closed."));
		this.#side ??= this.#open().catch((error) => {
			this.#side = undefined;
			throw error;
		});
		return this.#side;
	}

	async #open(): Promise<ProxySide> {
		const { directory, hasV6, tools, ...options } = this.#options;
		const namespace = await ProxyNamespace.open(tools, hasV6);
		const onRefused = (address: string, what: string, count: number) =>
			this.#attached.get(address)?.attachment.onRefused(sentence(what, count));
		const denoDirectory = join(directory, "deno");
		const proxyOptions = { ...options, denoDirectory, hasV6, namespace: namespace.path, onRefused };
		try {
			const side = { namespace, proxy: await ProxyProcess.open(proxyOptions) };
			void namespace.ended.then(() =>
				this.#onSideFailed(side, "the network namespace of the egress proxy has ended"),
			);
			void side.proxy.ended.then(() => this.#onSideFailed(side, "the egress proxy has ended"));
			return side;
		} catch (error) {
			await namespace.close();
			throw error;
		}
	}

	#onSideFailed(side: ProxySide, what: string): void {
		if (this.#isClosed || this.#failedSides.has(side)) return;
		this.#failedSides.add(side);
		this.#options.onFailed(what);
		this.#side = undefined;
		void Promise.all([side.proxy.close(), side.namespace.close()]);
		for (const attached of this.#attached.values())
			if (attached.side === side) attached.attachment.onNetworkFailed();
	}
}

/** Opens the driver. @throws Error with the output of the system's programs if it does not work on this machine */
export async function openNamespaceDriver(options: NamespaceDriverOptions): Promise<Network> {
	const network = new NamespaceDriver(options, await sharedEntryOf(options));
	try {
		await network.probe();
		return network;
	} catch (error) {
		await network.close();
		throw error;
	}
}
