/**
 * Tunnels through a proxy (`CONNECT`, RFC 9110, section 9.3.6). The proxy learns the host and the port. TLS begins in the
 * tunnel, so it sees and changes nothing of the request.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Agent, AgentOptions } from "node:https";
import { isExempt } from "./proxy-exceptions.ts";
import { type ProxySettings, proxySettings } from "./proxy-settings.ts";
import { ProxyFault } from "./request-fault.ts";

/** The route of requests to a host. */
export interface Tunnel {
	readonly agent: Agent;
	/**
	 * Refuses an answer that the proxy gives in place of the host.
	 * @returns a function from an error of the request to the one to report
	 */
	watch(request: ClientRequest): (error: Error) => Error;
}

/** Requests through one proxy share their connections. */
const agents = new Map<string, Agent>();

/** A proxy, and the credentials for it. */
interface Proxy {
	/** Without credentials: the library writes it to its debug output. */
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
}

function proxyOf({ address, variable }: ProxySettings): Proxy {
	// As other programs do: without a scheme, the proxy is spoken to without TLS.
	const text = address.includes("://") ? address : `http://${address}`;
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url?.protocol !== "http:" && url?.protocol !== "https:")
		throw new ProxyFault(` through a proxy: ${variable} is not an http:// or https:// address`);
	const { password, username } = url;
	if (username === "" && password === "") return { url, headers: {} };
	[url.username, url.password] = ["", ""];
	try {
		const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
		const basic = Buffer.from(credentials).toString("base64");
		return { url, headers: { "Proxy-Authorization": `Basic ${basic}` } };
	} catch {
		throw new ProxyFault(` through a proxy: the credentials in ${variable} have a % that encodes nothing`);
	}
}

async function agentOf(settings: ProxySettings, proxy: Proxy, options: AgentOptions): Promise<Agent> {
	const known = agents.get(settings.address);
	if (known !== undefined) return known;
	const { HttpsProxyAgent } = await import("https-proxy-agent");
	const { headers, url } = proxy;
	const agent = new HttpsProxyAgent(url, { ...options, headers }) as unknown as Agent;
	agents.set(settings.address, agent);
	return agent;
}

/**
 * The tunnel for requests to an address.
 * @param url with the scheme `https:`
 * @param options of the agent that keeps the connections
 * @returns undefined if requests go there directly
 * @throws ProxyFault if the proxy's address cannot be used
 */
export async function tunnelTo(url: URL, options: AgentOptions): Promise<Tunnel | undefined> {
	const settings = proxySettings();
	if (settings === undefined || isExempt(url, settings.exceptions)) return undefined;
	const proxy = proxyOf(settings);
	const agent = await agentOf(settings, proxy, options);
	const at = ` through the proxy ${proxy.url.host}, which ${settings.variable} names`;
	return {
		agent,
		watch: (request) => {
			let isOpen = false;
			// The agent would hand out this answer as if the host had given it.
			request.once("proxyConnect", ({ statusCode = 0 }: IncomingMessage) => {
				isOpen = statusCode === 200;
				if (!isOpen) request.destroy(new ProxyFault(`${at} (status ${statusCode})`));
			});
			return (error) => {
				if (isOpen || request.reusedSocket || error instanceof ProxyFault) return error;
				const { code } = error as NodeJS.ErrnoException;
				return new ProxyFault(at + (code === undefined ? "" : ` (${code})`));
			};
		},
	};
}
