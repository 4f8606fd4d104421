/**
 * The driver with network namespaces: each process has a network with one interface, which leads to the egress proxy,
 * and a view of the files in which what it may write is bounded. For a platform that is root on Linux.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Addresses, functionAddresses, standInsFor } from "../addressing.ts";
import { parseAllowNet } from "../allow-net.ts";
import type { Admission, Guest, Network } from "../network.ts";
import { ProxyProcess, type ProxyProcessOptions } from "../proxy/proxy-process.ts";
import { type Entry, enterCommand, HOSTS, maskable, mountTable, RESOLV_CONF } from "./enter.ts";
import { ProxyNamespace } from "./proxy-namespace.ts";
import type { Tools } from "./tools.ts";

/** What a function may write to its temporary folder. */
const TEMPORARY_BYTES = 256 * 1024 * 1024;
const TRIAL_MS = 60_000;

const run = promisify(execFile);

export interface NamespacesOptions
	extends Pick<ProxyProcessOptions, "allowNet" | "deno" | "openerPath" | "program" | "user"> {
	readonly tools: Tools;
	/** The driver's own folder, which exists. */
	readonly directory: string;
	/** Files and folders that functions need; what holds one of them is not hidden from them. */
	readonly needed: readonly string[];
	readonly hasV6: boolean;
	/** Told when the functions' side of the network has fallen; it is built anew for the next process. */
	readonly onFallen: (what: string) => void;
}

/** What all processes have in common. */
type Common = Pick<Entry, "masked" | "ownResolvConf" | "replaced" | "resolvConf" | "standIns" | "tools">;

/** The side that functions connect to. */
interface FarSide {
	readonly namespace: ProxyNamespace;
	readonly proxy: ProxyProcess;
}

/** A process that is admitted. */
interface Admitted {
	readonly admission: Admission;
	readonly side: FarSide;
}

async function commonOf({ allowNet, directory, needed, tools }: NamespacesOptions): Promise<Common> {
	const ownResolvConf = join(directory, "resolv.conf");
	await writeFile(ownResolvConf, RESOLV_CONF, { mode: 0o644 });
	const resolvConf = await realpath("/etc/resolv.conf").catch(() => undefined);
	const hosts = join(directory, "hosts");
	await writeFile(hosts, HOSTS, { mode: 0o644 });
	const replaced = new Map(existsSync("/etc/hosts") ? [["/etc/hosts", hosts] as const] : []);
	const folders = maskable(needed);
	const stats = await Promise.all(folders.map((folder) => lstat(folder).catch(() => undefined)));
	const masked = folders.filter((_, index) => stats[index]?.isDirectory());
	return {
		masked,
		ownResolvConf,
		replaced,
		resolvConf,
		standIns: standInsFor(parseAllowNet(allowNet)),
		tools,
	};
}

function sentence(what: string, count: number): string {
	return `Refused by the platform: ${what}.${count > 1 ? ` ${count} times since it was last said.` : ""}`;
}

class Namespaces implements Network {
	readonly wall = "namespace";
	readonly missing: readonly string[] = [];
	readonly #options: NamespacesOptions;
	readonly #common: Common;
	/** By the address that the proxy knows it by. */
	readonly #admitted = new Map<string, Admitted>();
	/** Sides that have fallen: each of their parts tells of it. */
	readonly #fallen = new WeakSet<FarSide>();
	#side: Promise<FarSide> | undefined;
	#next = 0;
	#isClosed = false;

	constructor(options: NamespacesOptions, common: Common) {
		this.#options = options;
		this.#common = common;
	}

	async admit({ network, temporary, user }: Guest): Promise<Admission> {
		const side = await this.#farSide();
		const [index, addresses] = this.#unused();
		await side.proxy.admit(addresses, network);
		const writable = new Map([[temporary, TEMPORARY_BYTES]]);
		const holder = side.namespace.pid;
		const mounts = join(this.#options.directory, `mounts-${index}`);
		await writeFile(mounts, mountTable({ ...this.#common, user, writable }), { mode: 0o600 });
		const entry = { ...this.#common, addresses, holder, index, mounts, temporary, user, writable };
		const [address] = addresses;
		const admission: Admission = {
			before: enterCommand(entry),
			startsAsRoot: true,
			isBounded: true,
			onRefused: () => {},
			onLost: () => {},
			leave: () => {
				if (!this.#admitted.delete(address)) return;
				side.proxy.dismiss(addresses);
				void rm(mounts, { force: true });
			},
		};
		this.#admitted.set(address, { admission, side });
		return admission;
	}

	/** Sends a program that does nothing the way that functions' processes go. @throws Error with what was said on the way */
	async prove(): Promise<void> {
		const temporary = join(this.#options.directory, "trial");
		await mkdir(temporary, { recursive: true });
		const admission = await this.admit({ network: [], temporary, user: undefined });
		try {
			await run(admission.before[0] ?? "", [...admission.before.slice(1), "/bin/true"], {
				cwd: "/",
				env: {},
				timeout: TRIAL_MS,
			});
		} catch (error) {
			const { stderr = "" } = error as { stderr?: string };
			throw new Error(stderr.trim() || "a process in a namespace of its own did not end by itself", {
				cause: error,
			});
		} finally {
			admission.leave();
		}
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		const side = await this.#side?.catch(() => undefined);
		await Promise.all([side?.proxy.close(), side?.namespace.close()]);
	}

	/** Addresses come round again; one that is in use is passed over. */
	#unused(): [number, Addresses] {
		for (;;) {
			const index = this.#next++;
			const addresses = functionAddresses(index, this.#options.hasV6);
			if (!this.#admitted.has(addresses[0])) return [index, addresses];
		}
	}

	/** One for all processes; opened again by the first one after it fell. */
	#farSide(): Promise<FarSide> {
		if (this.#isClosed) return Promise.reject(new Error("The network is closed."));
		this.#side ??= this.#open().catch((error) => {
			this.#side = undefined;
			throw error;
		});
		return this.#side;
	}

	async #open(): Promise<FarSide> {
		const { directory, hasV6, tools, ...options } = this.#options;
		const namespace = await ProxyNamespace.open(tools, hasV6);
		const onRefused = (address: string, what: string, count: number) =>
			this.#admitted.get(address)?.admission.onRefused(sentence(what, count));
		const denoDirectory = join(directory, "deno");
		const proxyOptions = { ...options, denoDirectory, hasV6, namespace: namespace.path, onRefused };
		try {
			const side = { namespace, proxy: await ProxyProcess.open(proxyOptions) };
			void namespace.ended.then(() => this.#lose(side, "the namespace of functions' network has fallen"));
			void side.proxy.ended.then(() => this.#lose(side, "the egress proxy has ended"));
			return side;
		} catch (error) {
			await namespace.close();
			throw error;
		}
	}

	#lose(side: FarSide, what: string): void {
		if (this.#isClosed || this.#fallen.has(side)) return;
		this.#fallen.add(side);
		this.#options.onFallen(what);
		this.#side = undefined;
		void Promise.all([side.proxy.close(), side.namespace.close()]);
		for (const { admission, side: own } of this.#admitted.values()) if (own === side) admission.onLost();
	}
}

/** Opens the driver. @throws Error with what the system's programs said, where it does not work here */
export async function openNamespaces(options: NamespacesOptions): Promise<Network> {
	const network = new Namespaces(options, await commonOf(options));
	try {
		await network.prove();
		return network;
	} catch (error) {
		await network.close();
		throw error;
	}
}
