/** Runs `coffer` like a user: in the shop's folder. Shows each command with its output. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { devNull } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { printed, typed } from "./screen.mjs";

export const PROGRAM = fileURLToPath(new URL("../../../bin/run.js", import.meta.url));

const LOG_LINES = 20;

/** A failed check; the message says which. */
export class Failure extends Error {}

/**
 * The environment for the demonstration's processes: no variables of the user's Coffer, except the location
 * of Deno.
 */
function withoutCoffer(environment) {
	const isOwn = (name) => name.startsWith("COFFER_") && name !== "COFFER_DENO";
	return Object.fromEntries(Object.entries(environment).filter(([name]) => !isOwn(name)));
}

export class Coffer {
	/** Variables for the commands, in addition to the user's environment. */
	variables;
	#folder;
	#signal;
	#platform;
	#log;

	/**
	 * @param folder the demonstration's temporary folder, which contains `shop/`
	 * @param signal ends the running command
	 */
	constructor(folder, signal) {
		this.#folder = folder;
		this.#signal = signal;
		this.variables = { XDG_STATE_HOME: join(folder, "state"), XDG_CACHE_HOME: join(folder, "cache") };
	}

	get #environment() {
		return { ...withoutCoffer(process.env), ...this.variables, NO_COLOR: "1" };
	}

	/** Runs a command without output. @returns its exit status and its output */
	async run(args, { cwd = join(this.#folder, "shop") } = {}) {
		const child = this.#spawn(args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
		const written = { stdout: "", stderr: "" };
		for (const name of ["stdout", "stderr"]) {
			child[name].setEncoding("utf8").on("data", (chunk) => {
				written[name] += chunk;
			});
		}
		const [status] = await once(child, "close");
		return { status, ...written };
	}

	/**
	 * Shows a command, runs it, shows its output and returns that.
	 * @param options `input`: a file in the shop's folder for its standard input
	 * @throws Failure if it exits with anything but 0
	 */
	async show(line, { input } = {}) {
		const shop = join(this.#folder, "shop");
		const output = join(this.#folder, "output");
		typed(input === undefined ? `coffer ${line}` : `coffer ${line} < ${input}`);
		// One file for both streams keeps the order of the output.
		const files = await Promise.all([
			open(input === undefined ? devNull : join(shop, input)),
			open(output, "w"),
		]);
		const [from, to] = files.map(({ fd }) => fd);
		try {
			const [status] = await once(this.#spawn(line.split(" "), { cwd: shop, stdio: [from, to, to] }), "exit");
			const text = await readFile(output, "utf8");
			printed(text);
			if (status !== 0) throw new Failure(`coffer ${line} exited with ${status}.`);
			return text;
		} finally {
			for (const file of files) await file.close();
		}
	}

	#spawn(args, options) {
		this.#signal.throwIfAborted();
		const signal = this.#signal;
		return spawn(process.execPath, [PROGRAM, ...args], { env: this.#environment, signal, ...options });
	}

	/** The functions on the platform by name: `{url, state, pid, references, dynamic}`. */
	async functions() {
		const { status, stdout, stderr } = await this.run(["functions", "list", "--json"]);
		if (status !== 0) throw new Failure(`coffer functions list failed: ${stderr.trim()}`);
		return new Map(JSON.parse(stdout).functions.map((one) => [one.name, one]));
	}

	/** Starts the platform in the background. @returns `{listen, control, token}` */
	async startPlatform() {
		const place = ["--data", "../platform", "--identity-file", "../platform-identity"];
		const listeners = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json"];
		const continuation = `\\\n      ${listeners.join(" ")} 2> ../platform.log &`;
		typed(`coffer platform start ${place.join(" ")} ${continuation}`);
		this.#log = await open(join(this.#folder, "platform.log"), "w", 0o600);
		// In its own process group, so that Ctrl-C reaches only the demonstration, which then stops the
		// platform.
		const child = spawn(process.execPath, [PROGRAM, "platform", "start", ...place, ...listeners], {
			cwd: join(this.#folder, "shop"),
			env: this.#environment,
			stdio: ["ignore", "pipe", this.#log.fd],
			detached: true,
		});
		this.#platform = { child, exited: once(child, "exit") };
		const started = once(createInterface({ input: child.stdout }), "line", { signal: this.#signal });
		const first = await Promise.race([started, this.#platform.exited.then(() => undefined)]);
		if (first === undefined) throw new Failure("The platform did not start.");
		const ready = JSON.parse(first[0]);
		printed(JSON.stringify({ ...ready, token: "…" }));
		return ready;
	}

	/**
	 * Stops the platform, if one was started. @throws Failure if it has ended before, or does not end
	 * normally
	 */
	async stopPlatform() {
		if (this.#platform === undefined) return "";
		const { child, exited } = this.#platform;
		const wasRunning = child.exitCode === null && child.signalCode === null;
		if (wasRunning) child.kill("SIGTERM");
		// Its functions always end with it.
		const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
		const [status, signal] = await exited;
		clearTimeout(timer);
		await this.#log.close();
		if (wasRunning && status === 0) return "The platform has ended.";
		const how = signal === null ? `with status ${status}` : `by ${signal}`;
		const when = wasRunning ? "ended" : "ended too early,";
		throw new Failure(`The platform ${when} ${how}. Its log:\n${await this.#lastLogLines()}`);
	}

	async #lastLogLines() {
		const text = await readFile(join(this.#folder, "platform.log"), "utf8");
		return text.trim().split("\n").slice(-LOG_LINES).join("\n");
	}
}
