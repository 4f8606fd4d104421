/** `Deno.serve` for functions, on the one Unix socket to which the platform connects. */
import type { ServerSlot } from "./server-slot.ts";

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

type Options = Deno.ServeTcpOptions & { handler?: unknown; automaticCompression?: boolean };

/** `Deno.serve` with all its signatures. */
export type Serve = (...args: unknown[]) => Deno.HttpServer;

/** The handler of a default export: a function, or an object with a `fetch` method. */
export function handlerOf(exported: unknown): Handler | undefined {
	if (typeof exported === "function") return exported as Handler;
	const fetch = (exported as { fetch?: unknown } | null | undefined)?.fetch;
	if (typeof fetch !== "function") return undefined;
	return (request, info) => fetch.call(exported, request, info);
}

/** `serve(handler)`, `serve(handler, options)`, `serve(options, handler)`, `serve({ handler, … })`. */
function readArguments(args: unknown[]): { handler: Handler; options: Options } {
	const [first, second] = args;
	const isHandlerFirst = typeof first === "function";
	const options = ((isHandlerFirst ? second : first) ?? {}) as Options;
	const handler = isHandlerFirst ? first : (second ?? options.handler);
	if (typeof handler !== "function") throw new TypeError("Deno.serve needs a handler function.");
	return { handler: handler as Handler, options };
}

/** The client's address, as the gateway reports it. A Unix socket has no address. */
class Info {
	#request: Request;
	#native: Deno.ServeHandlerInfo;
	constructor(request: Request, native: Deno.ServeHandlerInfo) {
		this.#request = request;
		this.#native = native;
	}
	get remoteAddr(): Deno.NetAddr {
		const forwarded = this.#request.headers.get("x-forwarded-for") ?? "127.0.0.1";
		return { transport: "tcp", hostname: forwarded.replace(/,.*/s, "").trim(), port: 0 };
	}
	get completed(): Promise<void> {
		return this.#native.completed;
	}
}

/** The address that the function requested. Nothing listens there. */
function plausibleAddress(options: Options): Deno.NetAddr {
	const hostname = typeof options.hostname === "string" ? options.hostname : "0.0.0.0";
	return { transport: "tcp", hostname, port: Number(options.port ?? 8000) || 8000 };
}

function facade(server: Deno.HttpServer, addr: Deno.NetAddr, onEnd: () => void): Deno.HttpServer {
	const finished = server.finished.finally(onEnd);
	// After the end of a shutdown the function may serve again at once.
	const shutdown = async () => {
		await server.shutdown();
		await finished;
	};
	return {
		addr,
		finished,
		ref: () => server.ref(),
		unref: () => server.unref(),
		shutdown,
		[Symbol.asyncDispose]: shutdown,
	} as Deno.HttpServer;
}

/** Creates the function's `Deno.serve`, which serves on the slot's socket, for any requested port. */
export function createServe(slot: ServerSlot): Serve {
	const nativeServe = Deno.serve;
	const { AddrInUse } = Deno.errors;
	return (...args) => {
		const { handler, options } = readArguments(args);
		const addr = plausibleAddress(options);
		const refusal = slot.claim(`port ${addr.port}`);
		if (refusal !== undefined) throw new AddrInUse(refusal);
		const server = nativeServe(
			{
				path: slot.socketPath,
				signal: options.signal,
				onError: options.onError,
				automaticCompression: options.automaticCompression,
				onListen: () => {
					options.onListen?.(addr);
					slot.onReady();
				},
			},
			(request: Request, info: Deno.ServeHandlerInfo) => handler(request, new Info(request, info)),
		);
		return facade(server, addr, () => slot.release());
	};
}
