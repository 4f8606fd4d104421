/** The variables that a build needs to download packages: certificates, proxies and registries. */
export const PASSED_THROUGH = [
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
