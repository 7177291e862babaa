package transfer

import "strings"

// meanings are the words other systems use for one thing, each row one thing. They
// propose which column is which field; the person confirms.
var meanings = [][]string{
	{"name", "fullname", "fn", "displayname", "companyname", "customername", "accountname", "contactname", "productname", "名称", "姓名", "客户名称", "公司名称"},
	{"phone", "telephone", "phonenumber", "tel", "businessphone", "workphone", "电话", "联系电话"},
	{"email", "emailaddress", "mail", "emails", "邮箱", "电子邮件"},
	{"website", "url", "web", "homepage", "网站", "网址"},
	{"address", "streetaddress", "billingstreet", "billingaddress", "地址"},
	{"region", "state", "province", "billingstate", "country", "billingcountry", "地区", "省份"},
	{"industry", "sector", "行业"},
	{"size", "employees", "numberofemployees", "headcount", "规模"},
	{"source", "leadsource", "来源"},
	{"title", "jobtitle", "position", "contacttitle", "职位", "职务"},
	{"customerid", "customer", "account", "accountid", "company", "organization", "org", "客户", "公司"},
	{"productid", "product", "item", "sku", "产品"},
	{"supplierid", "supplier", "vendor", "供应商"},
	{"birthday", "birthdaymonthday"},
	{"amount", "closevalue", "dealvalue", "金额"},
	{"closedon", "closedate", "closeddate"},
	{"closeon", "expectedclose", "expectedclosedate"},
	{"orderdate", "date", "orderedon", "订单日期"},
	{"wishdate", "requireddate", "requesteddate", "duedate"},
	{"qty", "quantity", "units", "数量"},
	{"unitprice", "price", "rate", "单价"},
	{"taxno", "taxnumber", "vat", "vatnumber", "vatid", "uscc", "税号", "统一社会信用代码"},
	{"note", "notes", "comment", "comments", "description", "remark", "备注"},
	{"parentid", "parent", "subsidiaryof", "parentcompany"},
	{"ownerid", "owner", "salesagent", "salesrep", "负责人"},
}

// SameMeaning reports whether the head of a column and a field mean the same thing by
// the words people use.
func SameMeaning(head, field string) bool {
	h, f := letters(head), letters(field)
	if h == "" {
		return false
	}
	if h == f {
		return true
	}
	for _, row := range meanings {
		var a, b bool
		for _, w := range row {
			a, b = a || w == h, b || w == f
		}
		if a && b {
			return true
		}
	}
	return strings.HasSuffix(f, "id") && strings.TrimSuffix(f, "id") == h
}
