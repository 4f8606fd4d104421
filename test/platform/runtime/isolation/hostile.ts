/**
 * A function that runs the code in its requests, with a neighbour and services that it must not reach. The
 * same code also runs without isolation, to show that the isolation refuses a probe and that the probe itself
 * works.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findDeno } from "../../../../src/platform/runtime/deno-binary.ts";
import type { Instance } from "../../../../src/platform/runtime/runtime.ts";
import { ask, type Harness, launch, openRuntime, sparesOf } from "../harness.ts";
import { EVALUATOR, evaluatorScript } from "./evaluator.ts";

export const CANARY = "canary-5f1d9c";
const NEIGHBOUR = `export default () => new Response(Deno.env.get("TOKEN"));`;
/** The texts of refusals: by Deno, the system, its resolver and browser APIs. */
export const REFUSAL =
	/NotCapable|Requires \S+ access|EACCES|EPERM|ERR_ACCESS_DENIED|[Pp]ermission|not permitted|too many attached databases|serve only once|failed to lookup address information|getaddrinfo E|Command failed: \/bin\/true/;

export interface Outcome {
	result?: string;
	error?: string;
}

export interface Hostile {
	readonly harness: Harness;
	readonly hostile: Instance;
	readonly neighbour: Instance;
	/** The port of an HTTP service on every address of this machine, which responds with "reached". */
	readonly port: number;
	/** Fills in the placeholders of the code, and runs it in the function. */
	probe(code: string): Promise<Outcome>;
	/** The same in a Deno with all permissions. */
	control(code: string): Promise<Outcome>;
	close(): Promise<void>;
}

/** `reached`, also by WebSocket handshake, by event stream, and as a proxy. */
async function openService(): Promise<Server> {
	const service = createServer((request, response) => {
		if (request.url === "/events") response.setHeader("content-type", "text/event-stream");
		response.end(request.url === "/events" ? "data: reached\n\n" : "reached");
	});
	service.on("connect", (_, socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
	service.listen(0, "::");
	await once(service, "listening");
	return service;
}

async function openDatagrams(): Promise<Datagrams> {
	const datagrams = createSocket("udp4").bind(0);
	// Responds like a name server that knows no names.
	datagrams.on("message", (query, { address, port }) => {
		if (query.length < 12) return;
		query[2] = (query[2] ?? 0) | 0x80;
		query[3] = 3;
		datagrams.send(query, port, address);
	});
	await once(datagrams, "listening");
	return datagrams;
}

/** A Deno with all permissions, which serves on a socket. */
async function openControl(directory: string): Promise<{ child: ChildProcess; socketPath: string }> {
	const socketPath = join(directory, "s");
	const script = join(directory, "control.js");
	await mkdir(join(directory, "tmp"));
	await writeFile(script, evaluatorScript(socketPath));
	const flags = ["run", "--quiet", "--no-config", "--no-lock", "-A", "--unstable-kv", "--unstable-net"];
	const child = spawn(await findDeno(), [...flags, "--unstable-worker-options", script], {
		cwd: join(directory, "tmp"),
		env: { ...process.env, DENO_DIR: join(directory, "deno"), TMPDIR: join(directory, "tmp"), NO_COLOR: "1" },
		stdio: ["ignore", "pipe", "inherit"],
	});
	await once(child.stdout, "data");
	return { child, socketPath };
}

/**
 * The hostile function gets a spare process, as most functions do, or a process that was started for it. Its
 * neighbour always gets the latter.
 * @param evaluator the code of the hostile function, which evaluates its requests
 */
export async function openHostile(
	options: Parameters<typeof openRuntime>[0] = {},
	evaluator = EVALUATOR,
): Promise<Hostile> {
	const harness = await openRuntime({ spares: 1, ownNetwork: true, ...options });
	const service = await openService();
	const datagrams = await openDatagrams();
	const { port } = service.address() as { port: number };
	await writeFile(join(harness.directory, "secret.json"), `{"canary": "${CANARY}"}`);
	await writeFile(
		join(harness.directory, "secret.js"),
		`export default "${CANARY}"; self.postMessage?.("ran");`,
	);
	const start = (name: string, code: string, environment: Record<string, string>) =>
		harness.runtime.start(launch(code, environment, { function: name }));
	const [spare] = options.spares === 0 ? [] : await sparesOf(harness, 1);
	const hostile = await start("hostile", evaluator, { OWN: "own-value" });
	if (spare !== undefined && hostile.pid !== spare) throw new Error("The waiting process was not taken.");
	const neighbour = await start("neighbour", NEIGHBOUR, { TOKEN: CANARY });
	const controlDirectory = await mkdtemp(join(tmpdir(), "cc-"));
	const { child, socketPath } = await openControl(controlDirectory);
	const fill = (code: string) =>
		code
			.replaceAll("$PORT", String(port))
			.replaceAll("$UDP", String(datagrams.address().port))
			.replaceAll("$SOCKET", neighbour.socketPath)
			.replaceAll("$PID", String(neighbour.pid))
			.replaceAll("$PLATFORM", String(process.pid))
			.replaceAll("$DIRECTORY", harness.directory);
	const run = async (path: string, code: string): Promise<Outcome> =>
		JSON.parse((await ask(path, "/", { method: "POST", body: fill(code) })).body);
	return {
		harness,
		hostile,
		neighbour,
		port,
		probe: (code) => run(hostile.socketPath, code),
		control: (code) => run(socketPath, code),
		close: async () => {
			child.kill("SIGKILL");
			await once(child, "close");
			await harness.close();
			service.close();
			service.closeAllConnections();
			datagrams.close();
			await rm(controlDirectory, { recursive: true, force: true });
		},
	};
}
