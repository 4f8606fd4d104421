/** Takes over the processes of an app's functions that outlived the platform which started them. */
import { isAfter } from "../apps/state/moment.ts";
import type { OutlivedInstance } from "../runtime/runtime.ts";
import type { FunctionSupervisor } from "./function-supervisor.ts";
import type { Observations } from "./observations.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";
import { parseNote } from "./starts/launch-note.ts";

export interface AdoptParts {
	readonly observations: Observations;
	readonly supervisor: (name: string) => FunctionSupervisor;
}

/**
 * Takes over the instances of current versions, and stops the others. An instance whose secrets have changed since its
 * start is replaced.
 * @param running instances of the app, in the order of their starts
 */
export async function adopt(
	options: ReconcileOptions,
	running: readonly OutlivedInstance[],
	{ observations, supervisor }: AdoptParts,
): Promise<void> {
	const { app, capacity, rollouts } = options;
	const functions = [...app.state.functions];
	const adopted = running.map(async (instance) => {
		const found = functions.find(
			([, { deployment, error, firstDeployment }]) =>
				error === undefined &&
				firstDeployment === instance.lifetime?.function &&
				deployment.id === instance.deployment,
		);
		const secrets = parseNote(instance.note);
		const isKnown =
			secrets !== undefined &&
			!isAfter(secrets.moment, app.state.moment) &&
			(secrets.values !== undefined) === (rollouts !== undefined);
		if (found === undefined || !isKnown) return void instance.stop({ graceMs: 0 });
		const [name, { deployment }] = found;
		const given = new Set(instance.variables);
		const onRead = (variable: string) => observations.note(deployment, variable, given.has(variable));
		instance.listen({ onIdle: () => capacity.admitWaiting(), onRead });
		await supervisor(name).adopt({ instance, deployment, ...secrets });
		for (const variable of instance.reads) onRead(variable);
	});
	await Promise.all(adopted);
}
