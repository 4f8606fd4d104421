/**
 * What runs first inside a function's Deno process. It takes the hand-over from the platform through the
 * control socket, puts the environment in place, redirects every way to serve HTTP onto the function's
 * Unix socket, and imports the function's bundle.
 *
 * The bundle is imported dynamically and never as the main module: Deno reads whatever the main module's
 * static graph names (`import x from "/etc/passwd" with { type: "text" }`) without asking for permission.
 */
import { Control } from "./control.ts";
import { installListen } from "./listen.ts";
import { createServe, handlerOf } from "./serve.ts";

/** One line of JSON from the platform. */
interface Handover {
	/** File URL of the bundle. */
	bundle: string;
	/** Where to serve. */
	socketPath: string;
	environment: Record<string, string>;
	/** Asked for as a variable right before the function's code begins, which tells its reads from the host's. */
	begin: string;
}

/** The function may replace any global, so what is needed after its import is kept here. */
const { exit } = Deno;
const printError = console.error;
const { setTimeout } = globalThis;

function replaceEnvironment(environment: Record<string, string>): void {
	for (const name of Object.keys(Deno.env.toObject())) {
		// Deno itself looks TMPDIR up whenever it makes a temporary file.
		if (name !== "TMPDIR") Deno.env.delete(name);
	}
	for (const name of Object.keys(environment)) Deno.env.set(name, environment[name]);
}

/** Over a Unix socket Deno says `http+unix://host/…`; functions expect what a TCP listener says. */
function restoreRequestUrl(): void {
	const descriptor = Object.getOwnPropertyDescriptor(Request.prototype, "url");
	const nativeUrl = descriptor?.get;
	if (nativeUrl === undefined) throw new TypeError("Request.prototype.url is no accessor.");
	const scheme = "http+unix:";
	Object.defineProperty(Request.prototype, "url", {
		...descriptor,
		get(this: Request): string {
			const url: string = nativeUrl.call(this);
			return url.startsWith(scheme) ? `http:${url.slice(scheme.length)}` : url;
		},
	});
}

/** What `base44:runtime` asks of its host: as long as such work goes on, the platform does not stop the process. */
function installBase44(holding: (isHeld: boolean) => void): void {
	let pending = 0;
	const waitUntil = (promise: Promise<unknown>) => {
		if (++pending === 1) holding(true);
		Promise.resolve(promise)
			.catch((error: unknown) => printError("waitUntil:", error))
			.finally(() => {
				if (--pending === 0) holding(false);
			});
	};
	Object.defineProperty(globalThis, "Base44", {
		configurable: true,
		value: Object.freeze({
			waitUntil,
			secrets: Object.freeze({ get: (name: string) => Deno.env.get(name) }),
		}),
	});
}

const [controlPath = ""] = Deno.args;
const control = await Control.open(controlPath);
// Ctrl-C in a terminal reaches the whole process group; the platform alone decides when a function ends.
Deno.addSignalListener("SIGINT", () => {});
restoreRequestUrl();
installBase44((isHeld) => control.holding(isHeld));
let socketPath = "";
const serve = createServe(
	() => socketPath,
	() => {
		// In a turn of its own: a module that fails right after it has begun to serve never served anybody.
		setTimeout(() => control.ready(), 0);
	},
);
Object.defineProperty(Deno, "serve", { configurable: true, enumerable: true, writable: true, value: serve });
Object.defineProperty(Deno, "args", { configurable: true, enumerable: true, value: Object.freeze([]) });
installListen(serve);

// All that needs no function is done by now: a process may wait here until it is to be somebody's.
const handover: Handover = JSON.parse(await control.handover());
void control.attend();
replaceEnvironment(handover.environment);
handover.environment = {};
socketPath = handover.socketPath;

Deno.env.has(handover.begin);
try {
	const exported: { default?: unknown } = await import(handover.bundle);
	const handler = handlerOf(exported.default);
	if (!serve.called && handler !== undefined) serve(handler);
} catch (error) {
	printError(error);
	exit(1);
}
