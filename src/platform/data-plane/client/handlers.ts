/** What the control plane offers to the data plane. */
import type { Handlers } from "../../channel/channel.ts";
import type { Faults } from "../../faults/error-boundary.ts";
import type { Log } from "../../faults/log.ts";
import type { ControlPlaneContract } from "../messages.ts";
import type { DataPlaneEvents } from "./events.ts";
import type { RemoteInstances } from "./remote-instances.ts";

export interface HandlerPorts {
	readonly events: DataPlaneEvents;
	readonly faults: Faults;
	readonly log: Log;
}

/** Passes events to the instances that they are about, and the others to the platform. */
export function controlPlaneHandlers(
	instances: RemoteInstances,
	{ ensure, events, faults, log }: HandlerPorts & Pick<DataPlaneEvents, "ensure">,
): Handlers<ControlPlaneContract> {
	const of = (id: string) => instances.find(id)?.events;
	return {
		calls: {
			readFile: async ({ hash, instance }) => ({
				data: null,
				body: await instances.readFile(instance, hash),
			}),
			ensure: async ({ app, function: name }) => ({
				data: { instance: (await ensure(app, name))?.id },
			}),
			sync: async () => ({ data: null }),
		},
		events: {
			exited: ({ instance, reason }) => {
				of(instance)?.exited(reason);
				instances.ended(instance);
			},
			stuck: ({ instance, report }) => of(instance)?.stuck(report),
			answered: ({ instance }) => of(instance)?.answered(),
			activity: ({ instance, ...activity }) => of(instance)?.activity(activity),
			read: ({ instance, variable }) => of(instance)?.read(variable),
			lines: (lines) => events.lines(lines),
			report: (report) => events.report(report, (id) => instances.find(id)),
			refused: ({ reason }) => events.refused(reason),
			fault: ({ origin }) => faults[origin].noteElsewhere(),
			log: ({ fields, level, message }) => log[level](fields, message),
		},
	};
}
