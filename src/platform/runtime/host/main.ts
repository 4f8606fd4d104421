/**
 * The first code in a function's Deno process. It receives the handover from the platform over the control
 * socket, sets the environment, redirects every way to serve HTTP to the function's Unix socket, and imports
 * the function's bundle.
 *
 * The bundle is imported dynamically and is never the main module, because Deno's read permissions apply to
 * dynamic imports.
 */
import { Control } from "./control.ts";
import { CronJobs } from "./cron/cron.ts";
import { installKv } from "./kv/kv.ts";
import { installListen } from "./listen.ts";
import { replaceGlobalProcess } from "./node/builtin-modules.ts";
import { replaceDeno } from "./node/system.ts";
import { createServe, handlerOf } from "./serve.ts";
import { slot } from "./server-slot.ts";

/** The handover: one line of JSON from the platform. */
interface Handover {
	/** The file URL of the bundle. */
	bundle: string;
	/** The socket on which to serve. */
	socketPath: string;
	/** The scheme of request URLs. */
	scheme: string;
	environment: Record<string, string>;
	/**
	 * The name of a variable that is looked up directly before the function's code begins. It separates the
	 * function's reads from the host's in the permission audit.
	 */
	begin: string;
}

/** The function may replace any global, so globals that are needed after its import are kept here. */
const { exit } = Deno;
const printError = console.error;
const { addEventListener, setImmediate } = globalThis;

function replaceEnvironment(environment: Record<string, string>): void {
	for (const name of Object.keys(Deno.env.toObject())) {
		// Deno itself reads TMPDIR each time that it creates a temporary file.
		if (name !== "TMPDIR") Deno.env.delete(name);
	}
	// Set here and not in the message: the platform would treat it as a secret, and redact it in the function's output.
	Deno.env.set("NODE_ENV", "production");
	for (const name of Object.keys(environment)) Deno.env.set(name, environment[name]);
}

let publicScheme = "http";

/**
 * On a Unix socket, Deno's request URLs begin with `http+unix://host/`. Functions expect those of a TCP
 * listener.
 */
function restoreRequestUrl(): void {
	const descriptor = Object.getOwnPropertyDescriptor(Request.prototype, "url");
	const nativeUrl = descriptor?.get;
	if (nativeUrl === undefined) throw new TypeError("Request.prototype.url is not an accessor.");
	const scheme = "http+unix:";
	Object.defineProperty(Request.prototype, "url", {
		...descriptor,
		get(this: Request): string {
			const url: string = nativeUrl.call(this);
			return url.startsWith(scheme) ? `${publicScheme}:${url.slice(scheme.length)}` : url;
		},
	});
}

/**
 * The global object that `base44:runtime` uses, and the one that Supabase's functions use. While work given to
 * `waitUntil` is pending, the platform does not stop the process.
 */
function installWaitUntil(holding: (isPending: boolean) => void): void {
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
	Object.defineProperty(globalThis, "EdgeRuntime", {
		configurable: true,
		value: Object.freeze({
			waitUntil: <T>(promise: Promise<T>): Promise<T> => {
				waitUntil(promise);
				return promise;
			},
		}),
	});
}

const { connect } = Deno;

/** @throws Error if the platform does not provide a connection to the store of the app */
async function connectToStore(): Promise<Deno.Conn> {
	const answer = await control.askForStore();
	if (answer === "kv-refused")
		throw new Error(
			"Deno.openKv is not available on this platform: it may run as several nodes, and each would have a store of its own. A platform with the option --single-node has Deno KV.",
		);
	if (answer === "no-kv")
		throw new Error("The platform's Deno KV store does not work. The platform's log has the reason.");
	// The socket of the store is beside the control socket.
	return await connect({ transport: "unix", path: controlPath.replace(/c$/, "k") });
}

const [controlPath = ""] = Deno.args;
const control = await Control.open(controlPath);
// Ctrl-C in a terminal reaches the whole process group, but only the platform ends a function.
Deno.addSignalListener("SIGINT", () => {});
restoreRequestUrl();
installWaitUntil((isPending) => control.holding(isPending));
// Reported in a later task, because a module that throws directly after it began to serve has not started. A timer
// would wait for two milliseconds (findings/deno-timer-zero.sh).
const crons = new CronJobs();
slot.onReady = () => void setImmediate(() => control.ready(crons.close()));
const serve = createServe(slot);
Object.defineProperty(Deno, "serve", { configurable: true, enumerable: true, writable: true, value: serve });
Object.defineProperty(Deno, "args", { configurable: true, enumerable: true, value: Object.freeze([]) });
Object.defineProperty(Deno, "cron", {
	configurable: true,
	enumerable: true,
	writable: true,
	value: crons.create,
});
installListen(serve);
installKv(connectToStore);
replaceDeno();
replaceGlobalProcess();
// Without this, the process would end now. With cron jobs and without a server, it waits for their runs.
addEventListener("beforeunload", (event) => {
	if (crons.isEmpty || slot.wasClaimed) return;
	event.preventDefault();
	serve(() => new Response("This function runs on a schedule and answers no requests.\n", { status: 404 }));
});

// Everything that does not depend on the function is done. A spare process waits here.
const handover: Handover = JSON.parse(await control.handover());
void control.answer((name) => crons.run(name));
replaceEnvironment(handover.environment);
handover.environment = {};
slot.socketPath = handover.socketPath;
publicScheme = handover.scheme;

Deno.env.has(handover.begin);
try {
	const exported: { default?: unknown } = await import(handover.bundle);
	const handler = handlerOf(exported.default);
	if (!slot.wasClaimed && handler !== undefined) serve(handler);
} catch (error) {
	printError(error);
	exit(1);
}
