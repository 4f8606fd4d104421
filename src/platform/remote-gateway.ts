/** The gateways of the data plane, and what they are told: every function, and the instance that serves it. */
import type { DataPlane } from "./data-plane/client/data-plane.ts";
import { RoutePublisher } from "./data-plane/client/route-publisher.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { Core } from "./service/core.ts";

/** The gateways of a data plane. They do not listen yet, unless an earlier platform has started them. */
export function remoteGateway(core: Core, plane: DataPlane): Gateway {
	const publisher = new RoutePublisher(plane, {
		apps: () => core.apps.list().map(({ id }) => id),
		functionsOf: (id) => core.routesOf(id),
		hosts: () => core.hosts.byName,
	});
	core.hosts.onChanged = () => publisher.hostsChanged();
	core.onRoutesChanged = (app) => publisher.changed(app);
	return {
		listen: () => plane.listen(() => publisher.snapshot()),
		close: ({ graceMs = 30_000 } = {}) => plane.closeGateways(graceMs),
	};
}
