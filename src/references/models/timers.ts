/** Models of timers and microtasks, which call a function later. */
import { unknownValue } from "../engine/values.ts";
import type { BuiltinCall } from "./builtin-call.ts";

/**
 * Calls the first argument later.
 * @param from the position of the first argument that the function is called with
 */
function runLater(call: BuiltinCall, from: number) {
	const { engine, site } = call;
	// Spread arguments may be at any position.
	if (site.spreadArguments !== undefined) call.giveUpArguments();
	else call.invokeCallback(0, call.arguments(from));
	engine.solver.onValue(call.argument(0), (task) => {
		// A text is run as code.
		if (task.kind === "string") engine.findings.addDynamic(site.node, "code is made out of text");
		if (task.kind === "unknown") call.giveUpArguments();
	});
	call.returnValue(unknownValue("a timer"));
}

export const TIMER_MODELS: Readonly<Record<string, (call: BuiltinCall) => void>> = {
	setTimeout: (call) => runLater(call, 2),
	setInterval: (call) => runLater(call, 2),
	setImmediate: (call) => runLater(call, 1),
	queueMicrotask: (call) => runLater(call, call.site.arguments.length),
	"process.nextTick": (call) => runLater(call, 1),
	"node:timers/promises.setTimeout": (call) => call.returnAll(call.argument(1)),
	"node:timers/promises.setImmediate": (call) => call.returnAll(call.argument(0)),
};
