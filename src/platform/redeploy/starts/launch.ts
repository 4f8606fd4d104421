/** Starts a process for a deployment in the store, with the present secrets. */
import type { SealedRecord } from "../../../vault/records/record.ts";
import { type Deployment, readsOf } from "../../functions/function.ts";
import type { Observations } from "../observations.ts";
import type { ReconcileOptions } from "../reconcile-options.ts";
import type { Started } from "../supervisor-port.ts";
import { openEnvironment } from "./function-environment.ts";
import { bundleMissing } from "./not-found.ts";

/**
 * Starts a version of a function when the limit of concurrent starts permits it. If the start fails and the process was
 * observed to read a secret that the analysis did not find, the start is repeated with that secret.
 * @param verified the records whose signatures are verified
 * @param begin called when the secrets are read; the process does not get later changes
 * @throws AppError `BUNDLE_MISSING` (exit 1), and the errors of `Runtime.start` and `openEnvironment`
 */
export async function launch(
	options: ReconcileOptions,
	deployment: Deployment,
	verified: WeakSet<SealedRecord>,
	observations: Observations,
	begin: () => void,
): Promise<Started> {
	for (let wanted = deployment; ; ) {
		try {
			return await launchOnce(options, wanted, verified, observations, begin);
		} catch (error) {
			const complete = observations.withMissedSecrets(wanted);
			if (complete === wanted) throw error;
			wanted = complete;
		}
	}
}

function launchOnce(
	options: ReconcileOptions,
	deployment: Deployment,
	verified: WeakSet<SealedRecord>,
	observations: Observations,
	begin: () => void,
): Promise<Started> {
	const { app, identity, metrics, monotonicMs, capacity, runtime, starts, store } = options;
	return starts.run(async () => {
		const [code, map] = await Promise.all([
			store.getBlob(app.lifetimeId, deployment.bundle),
			store.getBlob(app.lifetimeId, deployment.sourceMap),
		]);
		if (code === undefined || map === undefined) throw bundleMissing(deployment.function);
		const { state } = app;
		const { moment } = state;
		begin();
		const reads = readsOf(deployment);
		const environment = openEnvironment(state, reads, identity, app.local, verified);
		const { function: name, id } = deployment;
		const labels = { app: app.id, function: name };
		const lifetime = app.functionLifetime(name) ?? { app: app.lifetimeId, function: id };
		const sinceMs = monotonicMs();
		const starting = runtime.start({
			app: app.id,
			function: name,
			deployment: id,
			lifetime,
			code,
			sourceMap: Buffer.from(map).toString("utf8"),
			environment,
			settings: deployment.settings,
			onIdle: () => capacity.admitWaiting(),
			onRead: (variable) => observations.note(deployment, variable, environment.has(variable)),
		});
		const instance = await starting.catch((error: unknown) => {
			metrics.started(labels, undefined);
			throw error;
		});
		metrics.started(labels, monotonicMs() - sinceMs);
		return { instance, deployment, moment };
	});
}
