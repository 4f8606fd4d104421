/** A cluster of etcd: real processes with files in a temporary directory, on free ports. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { EtcdClient } from "../../../../src/platform/store/etcd/api/client.ts";
import type { Endpoint } from "../../../../src/platform/store/etcd/api/grpc.ts";
import { freePorts } from "../../../support/free-ports.ts";

const HOST = "127.0.0.1";
/** Printed once a member serves clients. */
const READY = /"serving client traffic (in)?securely/;
const STATUS = {
	path: "/etcdserverpb.Maintenance/Status",
	request: {},
	response: { header: [1, { member: [2, "long"] }], leader: [4, "long"] },
} as const;
const COMPACT = {
	path: "/etcdserverpb.KV/Compact",
	request: { revision: [1, "int"], physical: [2, "bool"] },
	response: {},
} as const;

/** Where a member runs. */
export interface MemberPlace {
	readonly host: string;
	/** A command that starts another one there. */
	readonly enter: readonly string[];
}

interface Member {
	readonly command: readonly string[];
	readonly endpoint: Endpoint;
	process: ChildProcess | undefined;
}

export interface ClusterOptions {
	/** The number of members. */
	readonly size?: number;
	/** Further arguments of each member. */
	readonly args?: readonly string[];
	/** How clients reach it. */
	readonly scheme?: "http" | "https";
	/** Where each member runs, instead of on this machine's own addresses. */
	readonly places?: readonly MemberPlace[];
}

export class EtcdCluster implements AsyncDisposable {
	readonly #folder: string;
	readonly #members: readonly Member[];

	private constructor(folder: string, members: readonly Member[]) {
		this.#folder = folder;
		this.#members = members;
	}

	/** Starts a cluster. It takes about a second until it has a leader. */
	static async start({
		args = [],
		scheme = "http",
		places = [],
		size = Math.max(1, places.length),
	}: ClusterOptions = {}): Promise<EtcdCluster> {
		const folder = await mkdtemp(join(tmpdir(), "coffer-etcd-"));
		const ports = await freePorts(2 * size, HOST);
		const placeOf = (index: number) => places[index] ?? { host: HOST, enter: [] };
		const peer = (index: number) => `http://${placeOf(index).host}:${ports[2 * index + 1]}`;
		const all = Array.from({ length: size }, (_, index) => `m${index}=${peer(index)}`).join(",");
		const members = Array.from({ length: size }, (_, index): Member => {
			const port = ports[2 * index] as number;
			const { enter, host } = placeOf(index);
			const client = `${scheme}://${host}:${port}`;
			const own = [
				...["--name", `m${index}`, "--data-dir", join(folder, `m${index}`)],
				...["--listen-client-urls", client, "--advertise-client-urls", client],
				...["--listen-peer-urls", peer(index), "--initial-advertise-peer-urls", peer(index)],
				...["--initial-cluster", all, "--heartbeat-interval", "50", "--election-timeout", "500"],
				...["--logger", "zap", "--log-level", "info"],
			];
			const command = [...enter, "etcd", ...own, ...args];
			return { command, endpoint: { host, port }, process: undefined };
		});
		const cluster = new EtcdCluster(folder, members);
		await Promise.all(members.map((_, index) => cluster.restart(index)));
		return cluster;
	}

	get endpoints(): Endpoint[] {
		return this.#members.map(({ endpoint }) => endpoint);
	}

	/** The URL of a store. */
	url(prefix = ""): string {
		return `etcd://${this.endpoints.map(({ host, port }) => `${host}:${port}`).join(",")}${prefix}`;
	}

	/** Ends a member at once, as a power failure does, or stops it with another signal. */
	async kill(index: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
		const { process } = this.#members[index] as Member;
		const exited = process && once(process, "exit");
		process?.kill(signal);
		if (signal === "SIGKILL") await exited;
	}

	/** Starts a member that does not run. Resolves once it serves clients. */
	async restart(index: number): Promise<void> {
		const member = this.#members[index] as Member;
		const [program = "", ...words] = member.command;
		const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
		member.process = child;
		const lines: string[] = [];
		await new Promise<void>((resolve, reject) => {
			child.once("error", reject);
			child.once("exit", () => reject(new Error(`etcd ended:\n${lines.slice(-20).join("\n")}`)));
			createInterface({ input: child.stderr }).on("line", (line) => {
				if (lines.length < 1_000) lines.push(line);
				if (READY.test(line)) resolve();
			});
		});
	}

	/** Saves all that the only member has. @returns the file */
	async snapshot(name: string): Promise<string> {
		const file = join(this.#folder, name);
		await this.etcdctl("snapshot", "save", file);
		return file;
	}

	/** Gives the only member what it had at a snapshot. */
	async restore(file: string): Promise<void> {
		await this.kill(0);
		const { command } = this.#members[0] as Member;
		const argument = (flag: string) => command[command.indexOf(flag) + 1] ?? "";
		await rm(argument("--data-dir"), { recursive: true });
		const same = ["--name", "--data-dir", "--initial-cluster", "--initial-advertise-peer-urls"];
		await this.etcdctl("snapshot", "restore", file, ...same.flatMap((flag) => [flag, argument(flag)]));
		await this.restart(0);
	}

	/** Runs a command of etcd's own client. @returns what it prints */
	async etcdctl(...words: string[]): Promise<string> {
		const [{ host, port } = { host: "", port: 0 }] = this.endpoints;
		const env = { ...process.env, ETCDCTL_API: "3" };
		const run = promisify(execFile);
		return (await run("etcdctl", ["--endpoints", `${host}:${port}`, ...words], { env })).stdout;
	}

	/** The index of the leader. */
	async leader(): Promise<number> {
		for (const [index, { endpoint, process }] of this.#members.entries()) {
			if (process?.exitCode !== null || process.signalCode !== null) continue;
			const { header, leader } = await this.ask(endpoint, (client) => client.call(STATUS, {}));
			if (header?.member === leader) return index;
		}
		throw new Error("The cluster has no leader.");
	}

	/** Removes all revisions before this one. */
	async compact(revision: number): Promise<void> {
		const [endpoint] = this.endpoints;
		await this.ask(endpoint as Endpoint, (client) => client.call(COMPACT, { revision, physical: true }));
	}

	/** Lets a client of one member work. */
	async ask<T>(endpoint: Endpoint, work: (client: EtcdClient) => Promise<T>): Promise<T> {
		const client = new EtcdClient({ endpoints: [endpoint] });
		try {
			return await work(client);
		} finally {
			client.close();
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all(
			this.#members.map(async ({ process }, index) => {
				if (process !== undefined && process.exitCode === null && process.signalCode === null)
					await this.kill(index);
			}),
		);
		await rm(this.#folder, { recursive: true, force: true });
	}
}
