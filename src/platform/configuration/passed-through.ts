/** The variables that a build needs to download packages: certificates, proxies and registries. */
const PASSED_THROUGH = [
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"DENO_CERT",
	"DENO_TLS_CA_STORE",
	"HTTP_PROXY",
	"HTTPS_PROXY",
	"NO_PROXY",
	"http_proxy",
	"https_proxy",
	"no_proxy",
	"NPM_CONFIG_REGISTRY",
	"JSR_URL",
];

/** The variables that builds get from an environment. A variable without a value counts as missing. */
export function passedThrough(
	variables: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
	// Deno uses the system's certificates and SSL_CERT_FILE only if this variable is set.
	const passed: Record<string, string> = { DENO_TLS_CA_STORE: "system,mozilla" };
	for (const name of PASSED_THROUGH) {
		const value = variables[name];
		if (value !== undefined && value !== "") passed[name] = value;
	}
	return passed;
}
