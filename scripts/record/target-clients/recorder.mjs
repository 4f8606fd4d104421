/** A server that records requests, and runs a client against it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { join } from "node:path";

/** How long a client may run, in milliseconds. */
const CLIENT_MS = 120_000;

/** Installs pinned packages, without their install scripts. @returns the folder `node_modules` */
export function installed(folder, ...packages) {
	const argv = [
		"install",
		"--prefix",
		folder,
		"--ignore-scripts",
		"--no-audit",
		"--no-fund",
		"--silent",
		...packages,
	];
	const { status, stderr } = spawnSync("npm", argv, { encoding: "utf8" });
	// npm says on standard error which engine a package wants, also when it installs it.
	if (status !== 0) throw new Error(`npm could not install ${packages.join(", ")}: ${stderr}`);
	return join(folder, "node_modules");
}

/** A request as the fixture has it. `describe` makes the body independent of the run. */
function described(request, text, describe) {
	const { authorization, "content-type": type } = request.headers;
	const { pathname, searchParams } = new URL(request.url, "http://localhost");
	const body = text === "" ? undefined : JSON.parse(text);
	return {
		method: request.method,
		path: pathname,
		query: Object.fromEntries(searchParams),
		authorization,
		...(body === undefined ? {} : { contentType: type, body: describe(body) }),
	};
}

export class Recorder {
	#server;
	#requests = [];
	#options;

	/**
	 * @param options `answer` gives the status, JSON value and headers for a request; `describe` replaces the random
	 *   part of a body; `keeps` chooses the requests of interest; `tls` is a key and a certificate
	 */
	constructor(options) {
		this.#options = options;
	}

	async start() {
		const { answer, describe = (body) => body, keeps = () => true, tls } = this.#options;
		const serve = async (request, response) => {
			let text = "";
			for await (const chunk of request) text += chunk;
			const path = new URL(request.url, "http://localhost").pathname;
			if (keeps(path)) this.#requests.push(described(request, text, describe));
			const { headers = {}, status, value } = answer(request, this.origin);
			response.writeHead(status, { "content-type": "application/json", ...headers });
			response.end(value === undefined ? "" : JSON.stringify(value));
		};
		this.#server = tls ? createHttpsServer(tls, serve) : createHttpServer(serve);
		this.#server.listen(0, "127.0.0.1");
		await once(this.#server, "listening");
		return this;
	}

	get host() {
		return `localhost:${this.#server.address().port}`;
	}

	get origin() {
		return `${this.#options.tls ? "https" : "http"}://${this.host}`;
	}

	/** Runs a client. @returns its requests @throws Error if it fails and `mayFail` is not set */
	async run([program, ...argv], { cwd, env, input = "", mayFail = false }) {
		const variables = { PATH: process.env.PATH, HOME: cwd, CI: "1", NO_COLOR: "1", ...env };
		const child = spawn(program, argv, { cwd, env: variables, timeout: CLIENT_MS });
		let output = "";
		child.stdout.on("data", (chunk) => (output += chunk));
		child.stderr.on("data", (chunk) => (output += chunk));
		child.stdin.end(input);
		const [status] = await once(child, "close");
		if (status !== 0 && !mayFail)
			throw new Error(`${program} ${argv.join(" ")} ended with ${status}: ${output}`);
		return this.#requests.splice(0);
	}

	stop() {
		this.#server.closeAllConnections();
		this.#server.close();
	}
}
