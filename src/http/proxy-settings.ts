/** The proxy that requests by https go through. A leaf: imports nothing, since every command loads it. */

/** What the variables of the environment say. */
export interface ProxySettings {
	/** The proxy's address as the user has written it. */
	readonly address: string;
	/** The variable that names it, for messages. */
	readonly variable: string;
	/** The hosts without a proxy, as in `NO_PROXY`. */
	readonly exceptions: string;
}

let settings: ProxySettings | undefined;

/** Sets the proxy of this process. Undefined for none, which is the default. */
export function setProxy(chosen: ProxySettings | undefined): void {
	settings = chosen;
}

export function proxySettings(): ProxySettings | undefined {
	return settings;
}
