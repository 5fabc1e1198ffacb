import { existsSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { gzipSync } from "node:zlib";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** As OHIF's own documentation configures a DICOMweb server of the same origin. */
const settings = `window.config = { routerBasename: null, extensions: [], modes: [], customizationService: {}, showStudyList: true, maxNumberOfWebWorkers: 3,
  showWarningMessageForCrossOrigin: false, showCPUFallbackMessage: false, strictZSpacingForVolumeViewport: true, investigationalUseDialog: { option: 'never' },
  maxNumRequests: { interaction: 100, thumbnail: 75, prefetch: 25 }, defaultDataSourceName: 'dicomweb',
  dataSources: [{ namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'dicomweb', configuration: { friendlyName: 'x', name: 'x',
    wadoUriRoot: '/dicom-web', qidoRoot: '/dicom-web', wadoRoot: '/dicom-web', qidoSupportsIncludeField: false, imageRendering: 'wadors', thumbnailRendering: 'wadors',
    enableStudyLazyLoad: true, supportsFuzzyMatching: false, supportsWildcard: true, dicomUploadEnabled: false, omitQuotationForMultipartRequest: true,
    bulkDataURI: { enabled: true, relativeResolution: 'studies' } } }] };`;

/**
 * OHIF's prebuilt files, compressed and cached as a server of the trade would send them, with our archive behind `/dicom-web` of the same
 * origin.
 *
 * @param dist folder `dist` of the package `@ohif/app`.
 * @param archive address of a DICOMweb root, and the cookie of somebody who may read there.
 */
export async function servePeer(
  dist: string,
  archive: { root: string; cookie: string },
): Promise<{ url: string; close(): Promise<void> }> {
  const root = new URL(archive.root);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  const packed = new Map<string, Buffer>();
  const server = http.createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://peer");
    if (pathname.startsWith("/dicom-web")) {
      const onward = http.request(
        {
          agent,
          host: root.hostname,
          port: root.port,
          method: request.method,
          path: `${root.pathname}${pathname.slice("/dicom-web".length).replace(/\/$/, "")}${search}`,
          headers: { ...request.headers, host: root.host, cookie: archive.cookie },
        },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      onward.on("error", () => response.writeHead(502).end());
      request.pipe(onward);
      return;
    }
    const headers = {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cache-control": "public, max-age=3600",
    };
    if (pathname === "/app-config.js") {
      response.writeHead(200, { "content-type": "text/javascript", ...headers });
      response.end(settings);
      return;
    }
    const asked = path.join(dist, path.normalize(pathname));
    const isFile = asked.startsWith(dist) && existsSync(asked) && statSync(asked).isFile();
    const file = isFile ? asked : path.join(dist, "index.html");
    const body = packed.get(file) ?? gzipSync(readFileSync(file), { level: 6 });
    packed.set(file, body);
    response.writeHead(200, {
      "content-type": types[path.extname(file)] ?? "application/octet-stream",
      "content-encoding": "gzip",
      ...headers,
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
