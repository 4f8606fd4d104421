/**
 * The driver with network namespaces: each process has a network with one interface, which leads to the egress proxy,
 * and a view of the files in which what it may write is bounded. For a platform that is root on Linux.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, mkdir, realpath, rm, writeFile } from "node:fs/promises";
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

/** What a function may write to its temporary folder. */
const TEMPORARY_BYTES = 256 * 1024 * 1024;
const PROBE_MS = 60_000;

const run = promisify(execFile);

export interface NamespaceDriverOptions
	extends Pick<ProxyProcessOptions, "allowNet" | "deno" | "socketOpenerPath" | "program" | "user"> {
	readonly tools: Tools;
	/** The driver's own folder, which exists. */
	readonly directory: string;
	/** Files and folders that functions need; what holds one of them is not hidden from them. */
	readonly needed: readonly string[];
	readonly hasV6: boolean;
	/** Told when the functions' side of the network has fallen; it is built anew for the next process. */
	readonly onFailed: (what: string) => void;
}

/** What all processes have in common. */
type SharedEntry = Pick<
	NamespaceEntry,
	"masked" | "proxyResolvConf" | "replaced" | "resolvConf" | "aliases" | "tools"
>;

/** The side that functions connect to. */
interface ProxySide {
	readonly namespace: ProxyNamespace;
	readonly proxy: ProxyProcess;
}

/** A process that is admitted. */
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
	return `Refused by the platform: ${what}.${count > 1 ? ` ${count} times since it was last said.` : ""}`;
}

class NamespaceDriver implements Network {
	readonly wall = "namespace";
	readonly missing: readonly string[] = [];
	readonly #options: NamespaceDriverOptions;
	readonly #shared: SharedEntry;
	/** By the address that the proxy knows it by. */
	readonly #attached = new Map<string, AttachedProcess>();
	/** Sides that have fallen: each of their parts tells of it. */
	readonly #failedSides = new WeakSet<ProxySide>();
	#side: Promise<ProxySide> | undefined;
	#next = 0;
	#isClosed = false;

	constructor(options: NamespaceDriverOptions, common: SharedEntry) {
		this.#options = options;
		this.#shared = common;
	}

	async attach({ network, temporary, user }: NetworkClient): Promise<NetworkAttachment> {
		const side = await this.#proxySide();
		const [index, addresses] = this.#nextFreeIndex();
		await side.proxy.admit(addresses, network);
		const writable = new Map([[temporary, TEMPORARY_BYTES]]);
		const holder = side.namespace.pid;
		const mounts = join(this.#options.directory, `mounts-${index}`);
		await writeFile(mounts, mountTable({ ...this.#shared, user, writable }), { mode: 0o600 });
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
				void rm(mounts, { force: true });
			},
		};
		this.#attached.set(address, { attachment, side });
		return attachment;
	}

	/** Sends a program that does nothing the way that functions' processes go. @throws Error with what was said on the way */
	async probe(): Promise<void> {
		const temporary = join(this.#options.directory, "trial");
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
			throw new Error(stderr.trim() || "a process in a namespace of its own did not end by itself", {
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

	/** Addresses come round again; one that is in use is passed over. */
	#nextFreeIndex(): [number, Addresses] {
		for (;;) {
			const index = this.#next++;
			const addresses = functionAddresses(index, this.#options.hasV6);
			if (!this.#attached.has(addresses[0])) return [index, addresses];
		}
	}

	/** One for all processes; opened again by the first one after it fell. */
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
				this.#onSideFailed(side, "the namespace of functions' network has fallen"),
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
		for (const { attachment, side: own } of this.#attached.values())
			if (own === side) attachment.onNetworkFailed();
	}
}

/** Opens the driver. @throws Error with what the system's programs said, where it does not work here */
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
