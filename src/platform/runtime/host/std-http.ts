/**
 * The standard library's old `http/server.ts`, implemented with `Deno.serve`. The builder uses it instead of
 * `https://deno.land/std@…/http/server.ts`. It imports nothing, because it is bundled into functions.
 */

export interface ConnInfo {
	readonly localAddr: Deno.Addr;
	readonly remoteAddr: Deno.Addr;
}

export type Handler = (request: Request, connInfo: ConnInfo) => Response | Promise<Response>;

export interface ServeInit {
	port?: number;
	hostname?: string;
	signal?: AbortSignal;
	onError?: (error: unknown) => Response | Promise<Response>;
	onListen?: (params: { hostname: string; port: number }) => void;
}

export interface ServerInit extends ServeInit {
	handler: Handler;
}

function start(handler: Handler, init: ServeInit): Deno.HttpServer {
	const localAddr: Deno.Addr = {
		transport: "tcp",
		hostname: init.hostname ?? "0.0.0.0",
		port: init.port ?? 8000,
	};
	const { port, hostname, signal, onError, onListen } = init;
	const options = { port, hostname, signal, onError, onListen: onListen ?? (() => {}) };
	return Deno.serve(options as Deno.ServeTcpOptions, (request, info) =>
		handler(request, { localAddr, remoteAddr: info.remoteAddr }),
	);
}

/** Serves until the signal aborts. Then the promise resolves. */
export async function serve(handler: Handler, init: ServeInit = {}): Promise<void> {
	await start(handler, init).finished;
}

/** Like `serve`. The gateway handles certificates. */
export const serveTls: typeof serve = serve;

/** Like `serve`. The listener makes no difference, because a function has one socket. */
export async function serveListener(
	listener: { close(): void },
	handler: Handler,
	init: ServeInit = {},
): Promise<void> {
	listener.close();
	await serve(handler, init);
}

/** Accepts both argument orders that the standard library has had. */
export async function listenAndServe(
	first: Handler | string | ServeInit,
	second: Handler | ServeInit = {},
	third: ServeInit = {},
): Promise<void> {
	if (typeof first === "function") return await serve(first, second as ServeInit);
	await serve(second as Handler, typeof first === "string" ? third : { ...first, ...third });
}

export const listenAndServeTls: typeof listenAndServe = listenAndServe;

export class Server {
	#init: ServerInit;
	#server: Deno.HttpServer | undefined;

	constructor(init: ServerInit) {
		this.#init = init;
	}

	async listenAndServe(): Promise<void> {
		this.#server = start(this.#init.handler, this.#init);
		await this.#server.finished;
	}

	listenAndServeTls(): Promise<void> {
		return this.listenAndServe();
	}

	async serve(listener: { close(): void }): Promise<void> {
		listener.close();
		await this.listenAndServe();
	}

	close(): void {
		void this.#server?.shutdown();
	}

	get closed(): boolean {
		return this.#server === undefined;
	}

	get addrs(): Deno.Addr[] {
		return this.#server === undefined ? [] : [this.#server.addr];
	}
}
