/** Starts the egress proxy as a child process and controls it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { User } from "../../machine/users.ts";
import { type Addresses, NAME_SERVER } from "../addressing.ts";
import { INHERITED_SOCKETS, PROXY_PORT } from "./inherited-sockets.ts";
import { type Order, type Report, reportSchema } from "./messages.ts";

/** Each look-up of a name by the system's resolver occupies a thread. */
const THREADS = 64;
const HEAP_MIB = 512;
/** The program that opens the sockets calls the C library, so it needs the permission for native code. */
const DENO_FLAGS = [
	"--quiet",
	"--no-prompt",
	"--no-remote",
	"--no-npm",
	"--no-config",
	"--no-lock",
	"--allow-ffi",
];

export interface ProxyProcessOptions {
	/** The path of Deno, which runs the program that opens the sockets. */
	readonly deno: string;
	/** A Deno folder that only that program uses. */
	readonly denoDirectory: string;
	/** The path of `egress-sockets.js`, the program that opens the sockets. */
	readonly socketOpenerPath: string;
	/** The path of the bundle of `proxy-program.ts`. */
	readonly program: string;
	/** The path that identifies the network namespace in which the sockets are opened. */
	readonly namespace: string;
	readonly hasV6: boolean;
	readonly allowNet: readonly string[];
	/** The user that the proxy runs as. Undefined means the platform's own user. */
	readonly user: User | undefined;
	readonly onRefused: (address: string, what: string, count: number) => void;
}

function socketsOf(hasV6: boolean) {
	const families = hasV6 ? (["v4", "v6"] as const) : (["v4"] as const);
	return families.flatMap((family) => [
		{
			fd: INHERITED_SOCKETS[family].tcp,
			family,
			type: "tcp",
			address: family === "v4" ? "0.0.0.0" : "::",
			port: PROXY_PORT,
		},
		{ fd: INHERITED_SOCKETS[family].udp, family, type: "udp", address: NAME_SERVER[family], port: 53 },
	]);
}

export class ProxyProcess {
	/** Settles when the process has ended. */
	readonly ended: Promise<unknown>;
	readonly #child: ChildProcess;
	readonly #waiting = new Map<string, () => void>();

	private constructor(child: ChildProcess) {
		this.#child = child;
		this.ended = once(child, "close");
	}

	/** Starts the proxy and waits until it is ready. @throws Error with the proxy's standard error if it ends before */
	static async open(options: ProxyProcessOptions): Promise<ProxyProcess> {
		const { allowNet, deno, denoDirectory, hasV6, namespace, onRefused, socketOpenerPath, program, user } =
			options;
		const command = [
			process.execPath,
			`--max-old-space-size=${HEAP_MIB}`,
			program,
			...(hasV6 ? ["--ipv6"] : []),
		];
		const environment = { UV_THREADPOOL_SIZE: String(THREADS) };
		const request = { namespace, sockets: socketsOf(hasV6), command, environment };
		const child = spawn(deno, ["run", ...DENO_FLAGS, socketOpenerPath, JSON.stringify(request)], {
			cwd: "/",
			env: { DENO_DIR: denoDirectory, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
			stdio: ["pipe", "pipe", "pipe"],
			// Ctrl-C in the platform's terminal must not end the proxy before the functions.
			detached: true,
		});
		child.stdin.on("error", () => {});
		let stderr = "";
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			stderr = (stderr + text).slice(-1_000);
		});
		const proxy = new ProxyProcess(child);
		const ready = new Promise<void>((resolve) => {
			createInterface({ input: child.stdout }).on("line", (line) => {
				const report: Report = reportSchema.parse(JSON.parse(line));
				if (report.event === "ready") resolve();
				else if (report.event === "admitted") proxy.#admitted(report.address);
				else onRefused(report.address, report.what, report.count);
			});
		});
		proxy.#order({
			do: "begin",
			allowNet,
			user: user === undefined ? null : { uid: user.uid, gid: user.gid },
		});
		const failed = proxy.ended.then(() =>
			Promise.reject(new Error(stderr.trim() || "the egress proxy ended before it was ready")),
		);
		failed.catch(() => {});
		await Promise.race([ready, failed]);
		return proxy;
	}

	/** Registers a function. Resolves once the proxy serves it. @throws Error if the proxy has ended */
	async admit(addresses: Addresses, network: readonly string[] | undefined): Promise<void> {
		const [address] = addresses;
		const admitted = new Promise<void>((resolve) => this.#waiting.set(address, resolve));
		this.#order({ do: "admit", addresses, network: network ?? null });
		await Promise.race([admitted, this.ended]);
		if (this.#waiting.delete(address)) throw new Error("The egress proxy has ended.");
	}

	/** Closes a function's connections and removes the function. */
	dismiss(addresses: Addresses): void {
		this.#order({ do: "dismiss", addresses });
	}

	async close(): Promise<void> {
		this.#child.kill("SIGKILL");
		await this.ended;
	}

	#order(order: Order): void {
		this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
	}

	#admitted(address: string): void {
		const resolve = this.#waiting.get(address);
		this.#waiting.delete(address);
		resolve?.();
	}
}
