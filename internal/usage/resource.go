package usage

// object reads the object at which the text begins: a record of a resource log
// or of Log Analytics, or an envelope around records.
func (p *parser) object() error {
	p.rec.clear()
	if err := p.scan.members(p.top); err != nil {
		return err
	}
	return nil
}

// top reads a member of a record.
func (p *parser) top(key []byte) error {
	f, schema := topField(key)
	switch f {
	case fNone:
		_, err := p.scan.value()
		return err
	case fIdentity, fProperties, fOAuth:
		return p.inner(f)
	case fRecords, fTables:
		if p.scan.text[p.scan.at] == '[' {
			p.scan.at++
			if f == fTables {
				return errTables
			}
			return errRecords
		}
		_, err := p.scan.value()
		return err
	}
	v, err := p.scan.value()
	p.rec.raw[f] = v
	if f == fTime {
		p.rec.schema = schema
	}
	return err
}

// topField tells what a member of a record is. Resource logs begin names with a
// small letter, Log Analytics with a capital one.
func topField(key []byte) (field, Schema) {
	if len(key) == 0 {
		return fNone, Unknown
	}
	if key[0] < 'a' {
		f := columnField(key)
		if f == fNone && string(key) == "Tables" {
			f = fTables
		}
		return f, Analytics
	}
	switch string(key) {
	case "time":
		return fTime, Resource
	case "category":
		return fCategory, Resource
	case "operationName":
		return fOperation, Resource
	case "statusCode":
		return fCode, Resource
	case "statusText":
		return fStatus, Resource
	case "callerIpAddress":
		return fCaller, Resource
	case "correlationId":
		return fRequest, Resource
	case "identity":
		return fIdentity, Resource
	case "properties":
		return fProperties, Resource
	case "uri":
		return fURI, Resource
	case "resourceId":
		return fResource, Resource
	case "records", "value":
		return fRecords, Resource
	case "tables":
		return fTables, Analytics
	}
	return fNone, Resource
}

// columnField tells what a column of Log Analytics is.
func columnField(name []byte) field {
	switch string(name) {
	case "TimeGenerated":
		return fTime
	case "Category":
		return fCategory
	case "OperationName":
		return fOperation
	case "StatusCode":
		return fCode
	case "StatusText":
		return fStatus
	case "CallerIpAddress":
		return fCaller
	case "CorrelationId":
		return fRequest
	case "AuthenticationType":
		return fAuth
	case "AuthenticationHash":
		return fHash
	case "UserAgentHeader":
		return fAgent
	case "AccountName":
		return fAccount
	case "ServiceType":
		return fService
	case "Uri":
		return fURI
	case "ObjectKey":
		return fObject
	case "OperationCount":
		return fCount
	case "ResponseBodySize":
		return fOut
	case "RequestBodySize":
		return fIn
	case "RequesterObjectId":
		return fRequester
	case "RequesterAppId":
		return fAppID
	case "_ResourceId":
		return fResource
	}
	return fNone
}

// inner reads an object within a record. Said twice, the later holds.
func (p *parser) inner(f field) error {
	switch f {
	case fIdentity:
		for _, of := range [...]field{fAuth, fHash, fRequester, fAppID} {
			p.rec.raw[of] = nil
		}
	case fProperties:
		for _, of := range [...]field{fAccount, fAgent, fService, fObject, fOut, fIn, fCount} {
			p.rec.raw[of] = nil
		}
	case fOAuth:
		p.rec.raw[fRequester], p.rec.raw[fAppID] = nil, nil
	}
	if p.scan.text[p.scan.at] != '{' {
		_, err := p.scan.value()
		return err
	}
	if f == fIdentity {
		return p.scan.members(p.identity)
	}
	if f == fOAuth {
		return p.scan.members(p.requester)
	}
	return p.scan.members(p.property)
}

func (p *parser) identity(key []byte) error {
	switch string(key) {
	case "type":
		return p.keep(fAuth)
	case "tokenHash":
		return p.keep(fHash)
	case "requester":
		return p.inner(fOAuth)
	}
	return p.keep(fNone)
}

func (p *parser) requester(key []byte) error {
	switch string(key) {
	case "objectId":
		return p.keep(fRequester)
	case "appId", "appID":
		return p.keep(fAppID)
	}
	return p.keep(fNone)
}

func (p *parser) property(key []byte) error {
	switch string(key) {
	case "accountName":
		return p.keep(fAccount)
	case "userAgentHeader":
		return p.keep(fAgent)
	case "serviceType":
		return p.keep(fService)
	case "objectKey":
		return p.keep(fObject)
	case "responseBodySize":
		return p.keep(fOut)
	case "requestBodySize":
		return p.keep(fIn)
	case "operationCount":
		return p.keep(fCount)
	}
	return p.keep(fNone)
}

// keep reads a value and keeps it as a field.
func (p *parser) keep(f field) error {
	v, err := p.scan.value()
	if f != fNone {
		p.rec.raw[f] = v
	}
	return err
}
