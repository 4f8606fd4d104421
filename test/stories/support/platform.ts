/** A platform on its own ports, which a test can stop, kill and start again with the same data. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LIMITS } from "../../../src/platform/configuration/limits.ts";
import { stopLeft } from "../../../src/platform/data-plane/client/connection.ts";
import { PACKAGE_CACHE } from "../../support/package-cache.ts";
import { Running } from "./process.ts";
import { APP, cleanEnvironment, type Project } from "./project.ts";

interface Ready {
	listen: string;
	control: string;
	token?: string;
}

export class Platform {
	readonly folder = mkdtempSync(join(tmpdir(), "coffer-platform-"));
	readonly data = join(this.folder, "data");
	listen = "";
	control = "";
	token = "";
	/** The log output of all its processes. */
	#logged = "";
	#running: Running | undefined;
	readonly #variables: Readonly<Record<string, string>>;

	readonly #flags: readonly string[];

	/**
	 * @param variables additional environment variables for its processes
	 * @param flags additional flags, or replacements of the usual ones
	 */
	constructor(variables: Readonly<Record<string, string>> = {}, flags: readonly string[] = []) {
		this.#variables = variables;
		this.#flags = flags;
		for (const name of ["home", "tmp"]) mkdirSync(join(this.folder, name));
	}

	get pid(): number {
		if (this.#running === undefined) throw new Error("The platform does not run.");
		return this.#running.pid;
	}

	/** Its log, from all times that it ran. */
	get log(): string {
		return this.#logged + (this.#running?.stderr.text ?? "");
	}

	/** For a test that fails: the state of its process for the system, and the end of its log. */
	get report(): string {
		const status = `/proc/${this.#running?.pid}/status`;
		const state = existsSync(status) ? /^State:.*$/m.exec(readFileSync(status, "latin1"))?.[0] : "no process";
		return `The platform at ${this.control}: ${state}\n${this.log.slice(-8_000)}`;
	}

	/**
	 * @param data another data directory than its own. Stop it in order then.
	 * @param more flags for this time
	 * @param under a command that starts it
	 */
	async start(data = this.data, more: readonly string[] = [], under: readonly string[] = []): Promise<void> {
		const at = (url: string) => (url === "" ? "127.0.0.1:0" : new URL(url).host);
		const place = ["--data", data, "--identity-file", join(this.folder, "identity")];
		const running = new Running({
			args: [
				"platform",
				"start",
				...place,
				"--listen",
				at(this.listen),
				...(this.#flags.includes("--control") ? [] : ["--control", at(this.control)]),
				// Most stories end before a function gets a spare process.
				...(this.#flags.includes("--spare-processes") ? [] : ["--spare-processes", "0"]),
				...this.#flags,
				...more,
				"--json",
			],
			under,
			cwd: this.folder,
			env: {
				...cleanEnvironment(),
				HOME: join(this.folder, "home"),
				TMPDIR: join(this.folder, "tmp"),
				// All stories share the cache, so that each package is downloaded once.
				XDG_CACHE_HOME: PACKAGE_CACHE,
				...this.#variables,
			},
		});
		this.#running = running;
		const ready = JSON.parse(
			await running.stdout.next(/^\{/).catch((error: Error) => {
				throw new Error(`${error.message}\n${running.stderr.text}`);
			}),
		) as Ready;
		this.listen = ready.listen;
		this.control = ready.control;
		this.token ||= ready.token ?? "";
	}

	/**
	 * Stops it in order.
	 * @returns its exit status
	 */
	async stop(): Promise<number | null> {
		return await this.#end("SIGTERM");
	}

	/** Kills it. */
	async kill(): Promise<void> {
		await this.#end("SIGKILL");
	}

	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	async #end(signal: NodeJS.Signals): Promise<number | null> {
		const running = this.#running;
		if (running === undefined) return null;
		running.signal(signal);
		const { status } = await running.ended;
		this.#logged += running.stderr.text;
		this.#running = undefined;
		return status;
	}

	/** The response of a function. */
	async call(name: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
		const response = await fetch(`${this.listen}/${APP}/${name}`, init).catch((cause) => {
			throw new Error(`The platform does not answer. Its log:\n${this.log}`, { cause });
		});
		return { status: response.status, text: await response.text() };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#end("SIGKILL");
		await stopLeft(join(this.folder, "data"));
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
	}
}

export async function startPlatform(
	variables: Readonly<Record<string, string>> = {},
	flags: readonly string[] = [],
): Promise<Platform> {
	const platform = new Platform(variables, flags);
	try {
		await platform.start();
		return platform;
	} catch (error) {
		await platform[Symbol.asyncDispose]();
		throw error;
	}
}

/** What a story uses of a platform that it neither stops nor looks into. */
export type PlatformAccess = Pick<Platform, "listen" | "control" | "token" | "call"> & AsyncDisposable;

/** The kernel stops the program when the worker ends, also if the worker is killed. */
const WITH_WORKER = process.platform === "linux" ? ["setpriv", "--pdeathsig", "TERM"] : [];

let shared: Platform | undefined;

async function deleteApps({ control, token }: Platform): Promise<void> {
	const headers = { authorization: `Bearer ${token}` };
	const { apps } = (await (await fetch(`${control}/v1/apps`, { headers })).json()) as {
		apps: { app: string }[];
	};
	for (const { app } of apps) {
		const { status } = await fetch(`${control}/v1/apps/${app}`, { method: "DELETE", headers });
		if (status !== 204) throw new Error(`The app ${app} could not be deleted: ${status}`);
	}
}

/**
 * A platform without apps that all stories of this worker use one after the other. A start takes a second of processor
 * time. A story that changes, stops or examines the platform itself starts its own.
 */
export async function sharedPlatform(): Promise<PlatformAccess> {
	if (shared === undefined) {
		shared = new Platform({}, ["--spare-processes", String(LIMITS.spares.default)]);
		await shared.start(undefined, [], WITH_WORKER);
	}
	const { control, listen, token } = shared;
	const platform = shared;
	return {
		...{ control, listen, token },
		call: (name, init) => platform.call(name, init),
		[Symbol.asyncDispose]: () => deleteApps(platform),
	};
}

/** Links a project with a platform, at the platform's own address or at that of a proxy. */
export async function link(
	project: Project,
	platform: PlatformAccess,
	url = platform.control,
): Promise<void> {
	project.variables["COFFER_TOKEN"] = platform.token;
	await project.ok(["link", url, "--app", APP]);
	project.linkedAt = url;
}

/** The process id of each function. */
export async function pidsOf(project: Project): Promise<Record<string, number | null>> {
	const { functions } = (await project.data(["functions", "list"])) as {
		functions: { name: string; pid: number | null }[];
	};
	return Object.fromEntries(functions.map(({ name, pid }) => [name, pid]));
}
