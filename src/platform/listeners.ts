/** Connects the platform's two listeners with its core. */
import { type Api, type ApiOptions, createApi } from "./api/api.ts";
import { ControlListener } from "./api/control-listener.ts";
import { Certificate } from "./configuration/certificate.ts";
import type { PlatformConfig } from "./configuration/config.ts";
import { functionDefaults, type PlatformLimits } from "./configuration/limits.ts";
import { openWebConsole } from "./console/web-console.ts";
import { createGateway, type Gateway } from "./gateway/gateway.ts";
import { gatewayReports } from "./gateway-reports.ts";
import { budgetOf, type DescriptorBudget, descriptorLimit } from "./http/descriptors.ts";
import type { Core } from "./service/core.ts";

/** The number of open files that each listener may use. */
export function listenerBudget({ processesMax }: PlatformLimits): DescriptorBudget {
	return budgetOf(descriptorLimit(), processesMax);
}

interface GatewayParts extends Partial<Pick<PlatformConfig, "gatewayTls">> {
	readonly limits: PlatformLimits;
	/** The app of all requests. By default the path of a request names the app. */
	readonly onlyApp?: string;
	/** As in `AdmissionOptions`. */
	readonly failure?: (name: string) => string | undefined;
}

/** The gateway. It does not listen yet. @throws AppError exit 2 for a certificate that is not valid */
export function buildGateway(
	core: Core,
	budget: DescriptorBudget,
	{ failure, gatewayTls = [], limits, onlyApp }: GatewayParts,
): Gateway {
	const { apps, faults } = core;
	const { maxBodyMB, timeoutSeconds } = functionDefaults(limits);
	return createGateway({
		...limits,
		onlyApp,
		failure,
		hosts: core.hosts.byName,
		functions: (app) => apps.find(app)?.state.functions,
		...gatewayReports(core),
		instance: (app, name) => core.instance(app, name),
		settings: (app, name) => apps.find(app)?.state.functions.get(name)?.deployment.settings,
		responseTimeoutMs: timeoutSeconds * 1000,
		maxBodyBytes: maxBodyMB * 1024 * 1024,
		faults: faults.gateway,
		limits: budget,
		...(gatewayTls.length > 0 && { tls: { pairs: gatewayTls, log: core.log } }),
	});
}

interface ControlPorts extends Pick<ApiOptions, "listenUrl"> {
	readonly closing: AbortSignal;
	/** With the key for stored state: 32 bytes. */
	readonly identity: { readonly stateKey: Uint8Array };
}

/** The control API's listener. It does not listen yet. */
export function buildControlListener(
	core: Core,
	{ control }: DescriptorBudget,
	{ hostNames, tls, ...config }: PlatformConfig,
	{ closing, identity, listenUrl }: ControlPorts,
): ControlListener {
	const hosts = { bound: config.control.host, names: hostNames };
	const webConsole = config.console === true ? openWebConsole(core, identity) : undefined;
	const api: Api = createApi({ core, hosts, listenUrl, closing, webConsole });
	return new ControlListener(api, {
		tls: tls && { certificate: new Certificate(tls), log: core.log },
		faults: core.faults.control,
		limits: control,
		onRefused: (bound) => core.metrics.refused("control", bound),
	});
}
