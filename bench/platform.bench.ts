/** A change on a running platform: how soon the new value is served, and what one change in 10,000 sends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cryptoReady } from "../src/crypto.ts";
import { formatIdentity, newIdentity } from "../src/identity/identity.ts";
import { findDeno } from "../src/platform/runtime/deno-binary.ts";
import { type Bench, type BenchContext, paired, type Row, ratioRow } from "./harness.ts";

const RATIO_MAX = 3;
const SENT_BYTES_MAX = 2048;
const SECRETS = 10_000;

interface Coffer {
	readonly cwd: string;
	/** Runs a command to its end and returns its stdout. @throws Error where it fails */
	(...args: string[]): Promise<string>;
}

function coffer(context: BenchContext, cwd: string, env: NodeJS.ProcessEnv): Coffer {
	const run = async (...args: string[]) => {
		const child = spawn(process.execPath, [join(context.root, "bin/run.js"), ...args], { cwd, env });
		const output = { stdout: "", stderr: "" };
		for (const name of ["stdout", "stderr"] as const)
			child[name].on("data", (chunk) => (output[name] += chunk));
		const [status] = await once(child, "close");
		if (status !== 0) throw new Error(`coffer ${args[0]} exited with ${status}: ${output.stderr}`);
		return output.stdout;
	};
	return Object.assign(run, { cwd });
}

interface RunningPlatform extends AsyncDisposable {
	readonly listen: string;
	readonly control: string;
	readonly token: string;
}

async function startPlatform(context: BenchContext): Promise<RunningPlatform> {
	const args = [
		"--data",
		join(context.folder, "data"),
		"--identity-file",
		join(context.folder, "platform.identity"),
	];
	const ports = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json"];
	const child = spawn(
		process.execPath,
		[join(context.root, "bin/run.js"), "platform", "start", ...args, ...ports],
		{
			stdio: ["ignore", "pipe", "ignore"],
		},
	);
	const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
	const stop = async () => {
		child.kill("SIGTERM");
		await once(child, "exit");
	};
	return {
		...(JSON.parse(line) as Omit<RunningPlatform, keyof AsyncDisposable>),
		[Symbol.asyncDispose]: stop,
	};
}

/** A relay to the control API that counts what goes there. */
async function countingRelay(
	control: string,
): Promise<{ url: string; server: Server; sent: { bytes: number; requests: number } }> {
	const { hostname, port } = new URL(control);
	const sent = { bytes: 0, requests: 0 };
	const server = createServer((client) => {
		const upstream = createConnection(Number(port), hostname);
		client.on("data", (chunk: Buffer) => {
			sent.bytes += chunk.length;
			sent.requests += chunk.toString("latin1").split(" HTTP/1.1\r\n").length - 1;
		});
		client.pipe(upstream).pipe(client);
		for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("The relay has no port.");
	return { url: `http://127.0.0.1:${address.port}`, server, sent };
}

const FUNCTION = `Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000) }, () => new Response(Deno.env.get("VALUE") ?? ""));\n`;

/** Asks until the answer is the expected one; resolves with the moment at which it was. */
async function servedAt(url: string, expected: string): Promise<number> {
	for (;;) {
		const text = await fetch(url).then(
			(response) => response.text(),
			() => undefined,
		);
		if (text === expected) return performance.now();
	}
}

/** From the platform's "accepted" on the wire to the new value's being served. */
async function acceptedToServed(run: Coffer, relay: Server, url: string, value: string): Promise<number> {
	const accepted = new Promise<number>((resolve) => {
		relay.once("connection", (client) => {
			const write = client.write.bind(client);
			client.write = ((chunk: Buffer, ...rest: []) => {
				if (chunk.includes('"accepted"')) resolve(performance.now());
				return write(chunk, ...rest);
			}) as typeof client.write;
		});
	});
	const done = run("secrets", "set", `VALUE=${value}`);
	const start = await accepted;
	const end = await servedAt(url, value);
	await done;
	return end - start;
}

/** A bare `deno run` of the same file until it answers. */
async function bareStart(deno: string, file: string, port: number): Promise<number> {
	const start = performance.now();
	const child = spawn(deno, ["run", "--no-prompt", "--no-config", "--allow-env", "--allow-net", file], {
		env: { PORT: String(port), VALUE: "bare", NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
		stdio: "ignore",
	});
	const end = await servedAt(`http://127.0.0.1:${port}/`, "bare");
	child.kill("SIGKILL");
	await once(child, "exit");
	return end - start;
}

/** A free port: asked of the system, and given back. */
async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	return typeof address === "object" && address !== null ? address.port : 0;
}

async function makeProject(context: BenchContext, platform: RunningPlatform, url: string): Promise<Coffer> {
	const cwd = join(context.folder, "project");
	await mkdir(join(cwd, "functions/value"), { recursive: true });
	await writeFile(join(cwd, "functions/value/index.ts"), FUNCTION);
	await cryptoReady;
	const { COFFER_IDENTITY, ...inherited } = process.env;
	const run = coffer(context, cwd, {
		...inherited,
		XDG_STATE_HOME: join(context.folder, "state"),
		COFFER_TOKEN: platform.token,
		COFFER_IDENTITY: formatIdentity(newIdentity()),
	});
	await run("init");
	await run("secrets", "set", "VALUE=first");
	await run("link", url, "--app", "bench");
	await run("functions", "deploy");
	return run;
}

async function latencyRow(
	context: BenchContext,
	run: Coffer,
	relay: Server,
	platform: RunningPlatform,
): Promise<Row> {
	const deno = await findDeno();
	const file = join(run.cwd, "functions/value/index.ts");
	const subject = (pair: number) =>
		acceptedToServed(run, relay, `${platform.listen}/bench/value`, `value-${pair}`);
	const floor = async () => bareStart(deno, file, await freePort());
	const result = await paired(subject, floor, context.pairs(15));
	return ratioRow("change accepted → new value served", "bare deno run", RATIO_MAX, result);
}

async function bytesRow(
	context: BenchContext,
	run: Coffer,
	sent: { bytes: number; requests: number },
): Promise<Row> {
	const file = join(context.folder, "many.env");
	const count = context.smoke ? 200 : SECRETS - 1;
	await writeFile(
		file,
		Array.from({ length: count }, (_, index) => `SECRET_${index}=value-${index}`).join("\n"),
	);
	await run("secrets", "set", "--env-file", file);
	Object.assign(sent, { bytes: 0, requests: 0 });
	await run("secrets", "set", "SECRET_7=another value");
	const reached = sent.bytes <= SENT_BYTES_MAX && sent.requests === 1;
	return {
		figure: `one change in ${(count + 1).toLocaleString("en")} secrets`,
		target: `≤ ${SENT_BYTES_MAX} B sent, 1 request`,
		measured: `${sent.bytes} B, ${sent.requests} request${sent.requests === 1 ? "" : "s"}`,
		beside: "headers included",
		reached,
	};
}

export const bench: Bench = {
	name: "a change on a running platform",
	async run(context) {
		await using platform = await startPlatform(context);
		const relay = await countingRelay(platform.control);
		try {
			const run = await makeProject(context, platform, relay.url);
			return [
				await latencyRow(context, run, relay.server, platform),
				await bytesRow(context, run, relay.sent),
			];
		} finally {
			relay.server.close();
		}
	},
};
