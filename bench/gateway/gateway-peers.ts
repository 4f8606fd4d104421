/** The programs with which the gateway is compared, each in front of the same function. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import type { BenchContext } from "../harness.ts";
import { freePort } from "../platform/running-platform.ts";

/** The last one that runs on Node 20. */
export const MINIFLARE = "4.20260415.0";
export const STREAM_BYTES = 10 * 1024 * 1024;
/** Answers GET with `hello`, `/large` with a stream, and POST when it has the body. */
export const HANDLER = `async (request) => {
	if (request.method === "POST") return new Response(String((await request.arrayBuffer()).byteLength));
	if (!request.url.endsWith("/large")) return new Response("hello");
	let left = ${STREAM_BYTES / 65_536};
	return new Response(new ReadableStream({ pull(controller) {
		controller.enqueue(new Uint8Array(65_536));
		if (--left === 0) controller.close();
	} }));
}`;

export interface Peer extends Disposable {
	readonly url: string;
	readonly pid: number;
}

function peerOf(child: ChildProcess, url: string): Peer {
	return { url, pid: child.pid ?? -1, [Symbol.dispose]: () => void child.kill("SIGTERM") };
}

/** Starts a process that prints the port that it listens on. */
async function startPeer(
	command: string,
	args: readonly string[],
	stderr: "ignore" | "inherit" = "inherit",
): Promise<Peer> {
	const child = spawn(command, args, { stdio: ["ignore", "pipe", stderr] });
	const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
	return peerOf(child, `http://127.0.0.1:${port}/`);
}

/** The function alone: on a port, and on the Unix socket to which proxies forward. */
export async function startFunctions({
	folder,
}: BenchContext): Promise<{ direct: Peer; socket: string } & Disposable> {
	const deno = await findDeno();
	const socket = join(folder, "bare.sock");
	const start = async (name: string, options: string) => {
		const file = join(folder, name);
		const listening = "onListen: ({ port }) => console.log(port ?? 0)";
		await writeFile(file, `Deno.serve({ ${options}, ${listening} }, ${HANDLER});\n`);
		// It reports each body that is cut off at the end of a run.
		return await startPeer(deno, ["run", "--quiet", "--no-config", "--allow-all", file], "ignore");
	};
	const direct = await start("hello.ts", `port: 0, hostname: "127.0.0.1"`);
	const behind = await start("hello-socket.ts", `path: ${JSON.stringify(socket)}`);
	const dispose = () => {
		direct[Symbol.dispose]();
		behind[Symbol.dispose]();
	};
	return { direct, socket, [Symbol.dispose]: dispose };
}

/** The simplest proxy on Node. */
export async function startBareProxy({ root }: BenchContext, socket: string): Promise<Peer> {
	return await startPeer(process.execPath, [join(root, "bench/gateway/peers/bare-proxy.mjs"), socket]);
}

/** The paths of a certificate and its key. */
interface NginxTls {
	readonly cert: string;
	readonly key: string;
}

/** One worker, which streams as the gateway does. Nothing is written to disk. */
const nginxConfiguration = (folder: string, port: number, socket: string, tls: NginxTls | undefined) => `
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1; daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 20000; }
http {
	access_log off; client_max_body_size 0; keepalive_requests 1000000000;
	client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
	uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
	upstream function { server unix:${socket}; keepalive 64; }
	server {
		listen 127.0.0.1:${port}${tls ? " ssl http2" : ""};
		${tls ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};` : ""}
		location / {
			proxy_pass http://function; proxy_http_version 1.1; proxy_set_header Connection "";
			proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Request-Id $request_id;
			proxy_buffering off; proxy_request_buffering off;
		}
	}
}
`;

/** nginx, a proxy in C. It is not installed for the benchmark, because Debian's package starts a server. */
export async function startNginx(
	{ folder }: BenchContext,
	socket: string,
	tls?: NginxTls,
): Promise<Peer | undefined> {
	const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
	const program = folders.map((one) => join(one, "nginx")).find((path) => existsSync(path));
	if (program === undefined) return undefined;
	const port = await freePort();
	const file = join(folder, "nginx.conf");
	await writeFile(file, nginxConfiguration(folder, port, socket, tls));
	return peerOf(
		spawn(program, ["-c", file], { stdio: "inherit" }),
		`http${tls ? "s" : ""}://127.0.0.1:${port}/`,
	);
}

/**
 * miniflare is large and not a dependency of the project, so it is installed in the folder for packages of
 * benchmarks.
 */
export async function startMiniflare({ root }: BenchContext): Promise<Peer> {
	const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
	const folder = join(cache, "coffer", "bench", `miniflare-${MINIFLARE}`);
	if (!existsSync(join(folder, "node_modules/miniflare"))) {
		await mkdir(folder, { recursive: true });
		const options = ["--silent", "--ignore-scripts", "--no-save", "--prefix", folder];
		const install = ["install", ...options, `miniflare@${MINIFLARE}`];
		const [status] = await once(spawn("npm", install, { stdio: "inherit" }), "close");
		if (status !== 0) throw new Error(`npm did not install miniflare@${MINIFLARE}.`);
	}
	return await startPeer(process.execPath, [join(root, "bench/gateway/peers/miniflare.mjs"), folder]);
}
