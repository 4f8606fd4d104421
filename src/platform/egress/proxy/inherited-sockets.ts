/** Under which descriptors the proxy finds its sockets: above standard error, and the same in both programs. */
export const INHERITED_SOCKETS = {
	v4: { tcp: 10, udp: 11 },
	v6: { tcp: 12, udp: 13 },
} as const;

/** The port of the functions' side on which every TCP connection arrives, whatever port it was meant for. */
export const PROXY_PORT = 9_040;
