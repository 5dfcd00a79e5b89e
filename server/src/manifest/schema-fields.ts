// The fields of Istio's kinds, as their CRDs have them: names and types, in the notation of schema.ts.

/** Blocks that come in several places, by name. */
export const BLOCKS: Readonly<Record<string, string>> = {
  TrafficPolicy: `
    connectionPool@ConnectionPool loadBalancer@LoadBalancer outlierDetection@OutlierDetection
    portLevelSettings[]{connectionPool@ConnectionPool loadBalancer@LoadBalancer
    outlierDetection@OutlierDetection port{number#} tls@ClientTls} proxyProtocol{version=V1|V2}
    retryBudget{budgetInterval minRetryConcurrency# percent%} tls@ClientTls tunnel{protocol targetHost
    targetPort#}
  `,
  ConnectionPool: `
    http{h2UpgradePolicy=DEFAULT|DO_NOT_UPGRADE|UPGRADE http1MaxPendingRequests# http2KeepAlive{interval
    timeout} http2MaxRequests# idleTimeout maxConcurrentStreams# maxRequestsPerConnection# maxRetries#
    useClientProtocol?} tcp{connectTimeout idleTimeout maxConnectionDuration maxConnections#
    tcpKeepalive{interval probes# time}}
  `,
  LoadBalancer: `
    backendUtilization{errorUtilizationPenaltyPercent# metricNamesForComputingUtilization[]
    weightExpirationPeriod weightStabilizationPeriod weightUpdatePeriod}
    consistentHash{httpCookie{attributes[]{name value} name path ttl} httpHeaderName httpQueryParameterName
    maglev{tableSize#} minimumRingSize# ringHash{minimumRingSize#} useSourceIp?}
    localityLbSetting{distribute[]{from to*#} enabled? failover[]{from to} failoverPriority[]}
    simple=UNSPECIFIED|LEAST_CONN|RANDOM|PASSTHROUGH|ROUND_ROBIN|LEAST_REQUEST warmup{aggression% duration
    minimumPercent%} warmupDurationSecs zoneAwareLbSetting{enabled? failover[]{from to} failoverPriority[]
    minClusterSize#}
  `,
  OutlierDetection: `
    baseEjectionTime consecutive5xxErrors# consecutiveErrors# consecutiveGatewayErrors#
    consecutiveLocalOriginFailures# interval maxEjectionPercent# minHealthPercent#
    outlierDetectionHttpErrorCodes[]# splitExternalLocalOriginErrors?
  `,
  ClientTls: `
    caCertificates caCrl clientCertificate credentialName insecureSkipVerify?
    mode=DISABLE|SIMPLE|MUTUAL|ISTIO_MUTUAL privateKey sni subjectAltNames[]
  `,
  ServerTls: `
    caCertCredentialName caCertificates caCrl cipherSuites[] credentialName credentialNames[] ecdhCurves[]
    httpsRedirect? insecureSkipVerify? maxProtocolVersion=TLS_AUTO|TLSV1_0|TLSV1_1|TLSV1_2|TLSV1_3
    minProtocolVersion=TLS_AUTO|TLSV1_0|TLSV1_1|TLSV1_2|TLSV1_3
    mode=PASSTHROUGH|SIMPLE|MUTUAL|AUTO_PASSTHROUGH|ISTIO_MUTUAL|OPTIONAL_MUTUAL privateKey serverCertificate
    subjectAltNames[] tlsCertificates[]{caCertificates privateKey serverCertificate} verifyCertificateHash[]
    verifyCertificateSpki[]
  `,
};

/** `spec` by kind. */
export const SPECS: Readonly<Record<string, string>> = {
  PeerAuthentication: `
    mtls{mode=UNSET|DISABLE|PERMISSIVE|STRICT} portLevelMtls*{mode=UNSET|DISABLE|PERMISSIVE|STRICT}
    selector{matchLabels*}
  `,
  AuthorizationPolicy: `
    action=ALLOW|DENY|AUDIT|CUSTOM provider{name} rules[]{from[]{source{ipBlocks[] namespaces[] notIpBlocks[]
    notNamespaces[] notPrincipals[] notRemoteIpBlocks[] notRequestPrincipals[] notServiceAccounts[]
    notTrustDomains[] principals[] remoteIpBlocks[] requestPrincipals[] serviceAccounts[] trustDomains[]}}
    to[]{operation{hosts[] methods[] notHosts[] notMethods[] notPaths[] notPorts[] paths[] ports[]}} when[]{key
    notValues[] values[]}} selector{matchLabels*} targetRef{group kind name namespace} targetRefs[]{group kind
    name namespace}
  `,
  RequestAuthentication: `
    jwtRules[]{audiences[] forwardOriginalToken? fromCookies[] fromHeaders[]{name prefix} fromParams[] issuer
    jwks jwks_uri jwksUri outputClaimToHeaders[]{claim header} outputPayloadToHeader presence=OPTIONAL|REQUIRED
    spaceDelimitedClaims[] timeout} selector{matchLabels*} targetRef{group kind name namespace}
    targetRefs[]{group kind name namespace}
  `,
  DestinationRule: `
    exportTo[] host subsets[]{labels* name trafficPolicy@TrafficPolicy} trafficPolicy@TrafficPolicy
    workloadSelector{matchLabels*}
  `,
  Sidecar: `
    egress[]{bind captureMode=DEFAULT|IPTABLES|NONE hosts[] port{name number# protocol targetPort#}}
    inboundConnectionPool@ConnectionPool ingress[]{bind captureMode=DEFAULT|IPTABLES|NONE
    connectionPool@ConnectionPool defaultEndpoint port{name number# protocol targetPort#} tls@ServerTls}
    outboundTrafficPolicy{egressProxy{host port{number#} subset} mode=REGISTRY_ONLY|ALLOW_ANY}
    workloadSelector{labels*}
  `,
  ServiceEntry: `
    addresses[] endpoints[]{address labels* locality network ports*# serviceAccount weight#} exportTo[] hosts[]
    location=MESH_EXTERNAL|MESH_INTERNAL ports[]{name number# protocol targetPort#}
    resolution=NONE|STATIC|DNS|DNS_ROUND_ROBIN|DYNAMIC_DNS subjectAltNames[] workloadSelector{labels*}
  `,
  WorkloadEntry: `
    address labels* locality network ports*# serviceAccount weight#
  `,
  VirtualService: `
    exportTo[] gateways[] hosts[] http[]{corsPolicy{allowCredentials? allowHeaders[] allowMethods[]
    allowOrigin[] allowOrigins[]{exact prefix regex} exposeHeaders[] maxAge
    unmatchedPreflights=UNSPECIFIED|FORWARD|IGNORE} delegate{name namespace} directResponse{body{bytes string}
    status#} fault{abort{grpcStatus http2Error httpStatus# percentage{value%}} delay{exponentialDelay fixedDelay
    percent# percentage{value%}}} headers{request{add* remove[] set*} response{add* remove[] set*}}
    match[]{authority{exact prefix regex} gateways[] headers*{exact prefix regex} ignoreUriCase? method{exact
    prefix regex} name port# queryParams*{exact prefix regex} scheme{exact prefix regex} sourceLabels*
    sourceNamespace statPrefix uri{exact prefix regex} withoutHeaders*{exact prefix regex}} mirror{host
    port{number#} subset} mirror_percent# mirrorPercent# mirrorPercentage{value%} mirrors[]{destination{host
    port{number#} subset} percentage{value%}} name redirect{authority
    derivePort=FROM_PROTOCOL_DEFAULT|FROM_REQUEST_PORT port# prefixRewrite redirectCode# scheme uri}
    retries{attempts# backoff perTryTimeout retryIgnorePreviousHosts? retryOn retryRemoteLocalities?}
    rewrite{authority uri uriRegexRewrite{match rewrite}} route[]{destination{host port{number#} subset}
    headers{request{add* remove[] set*} response{add* remove[] set*}} weight#} timeout}
    tcp[]{match[]{destinationSubnets[] gateways[] port# sourceLabels* sourceNamespace sourceSubnet}
    route[]{destination{host port{number#} subset} weight#}} tls[]{match[]{destinationSubnets[] gateways[] port#
    sniHosts[] sourceLabels* sourceNamespace} route[]{destination{host port{number#} subset} weight#}}
  `,
  Gateway: `
    selector* servers[]{bind defaultEndpoint hosts[] name port{name number# protocol targetPort#} tls@ServerTls}
  `,
};
