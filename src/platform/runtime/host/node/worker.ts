/**
 * The first code of a worker: the builder adds its import to the bundle of each worker. A worker has its own copy of the
 * globals, so what the host changed in the function's main thread is changed here again.
 */

import { WORKER_REFUSAL } from "../server-slot.ts";
import { replaceGlobalProcess } from "./builtin-modules.ts";
import { replaceDeno } from "./system.ts";

const { NotSupported } = Deno.errors;

function refuse(): never {
	throw new NotSupported(WORKER_REFUSAL);
}

for (const name of ["serve", "listen", "listenTls", "serveHttp"])
	Object.defineProperty(Deno, name, { configurable: true, enumerable: true, writable: true, value: refuse });
// Deno's own has the arguments of the host.
Object.defineProperty(Deno, "args", { configurable: true, enumerable: true, value: Object.freeze([]) });
replaceDeno();
replaceGlobalProcess();
