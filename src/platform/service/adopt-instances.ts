/** Takes over the instances of functions that outlived the platform which started them. */
import type { App } from "../apps/app.ts";
import type { OutlivedInstance } from "../runtime/runtime.ts";
import type { Core } from "./core.ts";

/** Takes over the instances of current versions, and stops the others. @param running in the order of their starts */
export async function adoptInstances(core: Core, running: readonly OutlivedInstance[]): Promise<void> {
	const apps = core.apps.list();
	const isOf = ({ lifetime }: OutlivedInstance, app: App) => lifetime?.app === app.lifetimeId;
	const unknown = running.filter((instance) => !apps.some((app) => isOf(instance, app)));
	for (const instance of unknown) void instance.stop({ graceMs: 0 });
	const adopted = apps.map(async (app) => {
		const own = running.filter((instance) => isOf(instance, app));
		if (own.length > 0) await core.functionsOf(app).adopt(own);
	});
	await Promise.all(adopted);
}
